/** Verify: a snapshot read whole and compared with its signatures or a folder; nothing is written. */
export type { ComparedEntry } from './compare-entry.js';
export type { ComparedFolder } from './compared-entries.js';
export { FileCheck } from './content-check.js';
export type { DeviceNumbers, Difference, Rights } from './difference.js';
export type { VerifyEvent } from './events.js';
export { verifyBackup } from './verify-backup.js';
export type { VerifyBackupOptions, VerifyBackupResult, VerifyFailure } from './verify-backup.js';
export { verify } from './verify.js';
export type { VerifyOptions, VerifyResult } from './verify.js';
