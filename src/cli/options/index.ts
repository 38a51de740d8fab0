/** The one table of options, and how commands get theirs from it. */
export { LazyCommand } from './lazy-command.js';
export { duplicityVersions, longName, shortName, valueCount } from './option-row.js';
export type { DuplicityVersion, Effect, OptionGroup, OptionRow } from './option-row.js';
export { duplicityRows, optionTable, rowsOf } from './option-table.js';
export { addGroup, addLater, optionOf } from './register.js';
export { storageRows } from './storage-rows.js';
export {
  append,
  cleanPath,
  parseLevel,
  parseSize,
  parseVolumeSize,
  parseWait,
  parseWhole,
} from './values.js';
export type { Renaming } from './values.js';
