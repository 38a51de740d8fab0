/** What openpgp/ tells while it works; in words: src/cli/events/openpgp.ts. */
export type OpenPgpEvent =
  /** A message without a valid integrity code is served all the same, as the caller wished. */
  | {
      readonly level: 'warning';
      readonly code: 'message-not-protected';
      readonly name: string;
      readonly problem: string;
    }
  /** An old key that the caller allowed opens a message. */
  | { readonly level: 'warning'; readonly code: 'insecure-key-used'; readonly keyId: string };
