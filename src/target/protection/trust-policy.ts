/** What a user demands of a target beyond what can be read, or waives. */
export interface TrustPolicy {
  /** Take files that are less protected than the rest of their chain (`--allow-unprotected`). */
  readonly allowUnprotected: boolean;
  /** Refuse chains that are not encrypted (`--require-encryption`). */
  readonly requireEncryption: boolean;
  /** Take what is there for the newest, though this machine has seen a newer set (`--allow-rollback`). */
  readonly allowRollback: boolean;
}

export const defaultTrustPolicy: TrustPolicy = {
  allowUnprotected: false,
  requireEncryption: false,
  allowRollback: false,
};
