/** The bytes of a file version: extents, and reads over them through a chain of deltas. */
export { Content } from './content.js';
export type { FileVersion } from './content.js';
