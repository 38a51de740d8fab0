/** Lines as duplicity takes them, read as ours. */
export { readLine, valueIn } from './read-line.js';
export type { LineContext, ReadLine } from './read-line.js';
export { refuseMistyped } from './mistyped.js';
export { duplicityVerbs } from './verbs.js';
export { expandPath } from './expand-path.js';
