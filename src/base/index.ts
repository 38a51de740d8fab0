/** What every room may use: errors, names as bytes, work that is shared. */
export { deflateBlock, prepareDeflate } from './deflate-block.js';
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
export { eventLoopTurns } from './event-loop.js';
export { collectPiledUp, markHeapAtOnce, noteShortLived } from './garbage.js';
export { birthOfProcess, isProcessAlive } from './process-life.js';
export { receivedError, sentError, type SentError } from './sent-error.js';
export { startThread, ThreadMessages } from './thread.js';
export { SharedTask } from './shared-task.js';
