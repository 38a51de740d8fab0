import type { DuplifsError, ErrorCode } from '../base/index.js';

const ofOneSet: ReadonlySet<ErrorCode> = new Set([
  'DAMAGED',
  'FILE_MISSING',
  'INCOMPLETE',
  'KEY',
  'MANIFESTS_DIFFER',
  'NO_BACKUP',
  'SIGNATURE',
  'STORAGE_NOT_FOUND',
]);

/** Whether others than this set may get an index all the same. */
export function isOfOneSet({ code }: DuplifsError): boolean {
  return ofOneSet.has(code);
}
