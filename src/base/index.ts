/** What every room may use: errors, and names as bytes. */
export { DuplifsError, errorText, exitCodes, isDuplifsError } from './errors.js';
export type { ErrorCode, ErrorDetails } from './errors.js';
export {
  compareNames,
  comparePaths,
  decodeName,
  encodeName,
  hasEscapes,
  splitPath,
} from './names.js';
