/** Which entries of the source a backup holds: duplicity's rules (docs/format/2-behaviour.md 3). */
export { canonicalSource } from './canonical-source.js';
export { compileSelection } from './compile-selection.js';
export type { SelectionContext } from './compile-selection.js';
export { FilesFrom, parseFilesFrom } from './files-from.js';
export type { SelectionOption } from './options.js';
export type { EntryFacts } from './rule.js';
export { compilePlan } from './selection-plan.js';
export type { Selection, SelectionPlan } from './selection-plan.js';
export { Selector } from './selector.js';
export type { Verdict } from './selector.js';
