/** What verify/ tells while it works; in words: src/cli/events/verify.ts. */
export type VerifyEvent =
  /** Signatures of these sets of the chain are missing: files are held against their volumes only. */
  {
    readonly level: 'warning';
    readonly code: 'signatures-missing';
    readonly setKeys: readonly string[];
  };
