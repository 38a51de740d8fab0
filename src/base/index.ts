/** What every room may use: errors, names as bytes, work that is shared. */
export { BatchCursor } from './batch-cursor.js';
export { childEnvironment } from './child-environment.js';
export type { ChildProgram } from './child-environment.js';
export { deferred } from './deferred.js';
export type { Deferred } from './deferred.js';
export { defined } from './defined.js';
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
export { NameTable } from './name-service.js';
export { nearest } from './nearest.js';
export type { EventLevel, Report, RoomEvent } from './events.js';
export { eventLoopTurns } from './event-loop.js';
export { diskErrorCode, diskErrorMeaning, localFailure } from './local-failure.js';
export type { LocalUse } from './local-failure.js';
export { IdSet } from './id-set.js';
export { birthOfProcess, isProcessAlive } from './process-life.js';
export { splitWords } from './split-words.js';
export { replaceFile } from './replace-file.js';
export { SharedTask } from './shared-task.js';
export { runProgram, startProgram } from './run-program.js';
export type {
  ExtraPipe,
  ProgramEnd,
  ProgramOptions,
  ProgramResult,
  RunningProgram,
  RunOptions,
} from './run-program.js';
