/** What openpgp/ tells while it works; in words: src/cli/events/openpgp.ts. */
export type OpenPgpEvent =
  | {
      /** A message's cipher is one that OpenSSL lacks: gpg decrypts all of it, which takes longer. Told once. */
      readonly level: 'notice';
      readonly code: 'decrypting-by-gpg';
      readonly cipher: string;
    }
  | {
      /** A key opened a message whose algorithm is no longer secure; the user allows it. */
      readonly level: 'warning';
      readonly code: 'key-algorithm-insecure';
      readonly keyId: string;
    }
  | {
      /** A message is read whose integrity code says nothing for it; the user wants that. */
      readonly level: 'warning';
      readonly code: 'message-unprotected';
      readonly fileName: string;
      readonly problem: IntegrityProblem;
    };

/** What is wrong with a message's integrity code: it has none, or it is cut off with the end, missing, or another. */
export type IntegrityProblem = 'none' | 'ends-early' | 'missing' | 'mismatch';
