/** The kit for the day of need: all that a new machine must have to restore, in one encrypted file. */
export {
  describeKit,
  kitFolder,
  kitPartNames,
  profilePartPrefix,
  readDescription,
} from './description.js';
export type { KitDescription } from './description.js';
export { openKit, sealKit } from './kit-file.js';
export type { KitPart } from './kit-file.js';
