/** Time strings, in and out (docs/format/1-bytes.md 2). Times are whole seconds since the epoch. */
export { parseInterval, parseTime } from './parse.js';
export { parseNameTime } from './name-time.js';
export { formatFolderName, formatLocalTime, formatStamp, parseFolderName } from './format.js';
