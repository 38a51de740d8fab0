/** What reading a file came to. The data went to `emit`. */
export interface ReadResult {
  /** Bytes of the file that were read. */
  readonly bytes: number;
  /** Empty when the file could not be opened. */
  readonly signature: Uint8Array;
  /** The file was another one, or changed, while it was read. */
  readonly changed: boolean;
  readonly failure?: { readonly code: string; readonly at: 'open' | 'read' };
}
