/** duplicity's log for programs: `--log-fd`, `--log-file`. */
export { recordKindOf } from './event-records.js';
export { machineLog, openMachineLog } from './machine-log.js';
export type { MachineLogPlaces } from './machine-log.js';
export { quotedName, recordText } from './record.js';
export type { RecordKind } from './record.js';
