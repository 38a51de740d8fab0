/** Worker threads, the errors that cross them, and when V8 collects garbage beside them. */
export { giveMemoryBack } from './give-back.js';
export { collectPiledUp, markHeapAtOnce, noteShortLived } from './garbage.js';
export { receivedError, sentError } from './sent-error.js';
export type { SentError } from './sent-error.js';
export { endThread, startThread, ThreadMessages } from './thread.js';
