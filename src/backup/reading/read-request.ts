/** What is asked of the thread that reads, and what it came to. */

export interface ReadRequest {
  /** Absolute, as decodeName gives it. */
  readonly path: string;
  /** Of the new signature (blockLengthFor). */
  readonly blockLength: number;
  /** The signature of the version before; the data are then the delta to it. */
  readonly base?: Uint8Array | undefined;
  /** Whether a symbolic link is followed (`--copy-links`). */
  readonly follow: boolean;
}

/** What reading a file came to. The data went to `emit`. */
export interface ReadResult {
  /** Bytes of the file that were read. */
  readonly bytes: number;
  /** Without what was handed over before (FileSink). Empty when the file could not be opened. */
  readonly signature: Uint8Array;
  /** The file was another one, or changed, while it was read. */
  readonly changed: boolean;
  readonly failure?: { readonly code: string; readonly at: 'open' | 'read' };
}
