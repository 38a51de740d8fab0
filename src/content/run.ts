/** Bytes that follow each other in a volume. */
export interface Run {
  readonly volumeId: number;
  /** In the volume's plaintext. */
  readonly offset: number;
  readonly length: number;
}
