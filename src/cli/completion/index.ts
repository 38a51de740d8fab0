/** Completion in shells: what is noted for it. What answers is entry.ts, a program of its own. */
export { noteTarget } from './noted-targets.js';
