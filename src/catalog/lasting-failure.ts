import { isDuplifsError } from '../base/index.js';

/** Whether an error says what is wrong with a volume for good; anything else may be better at the next try. */
export function isLasting(error: unknown): boolean {
  return isDuplifsError(error, 'DAMAGED', 'FILE_MISSING', 'STORAGE_NOT_FOUND', 'SIGNATURE');
}
