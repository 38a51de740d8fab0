/** Commands, options, rendering, exit codes. */
export { main } from './main.js';
