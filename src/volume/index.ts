/** A volume as a random-access plaintext. */
export { BlockArena, blockLength } from './block-arena.js';
export { decodeFile } from './decode.js';
export type { DecodeOptions, EncodedFile, FileHash } from './decode.js';
export { VolumeStore } from './volume-store.js';
export type {
  DecodePriority,
  VolumeObserver,
  VolumeRef,
  VolumeStoreOptions,
} from './volume-store.js';
export { encodingOfFile, openFileWriter, signedBy } from './writing/encoding.js';
export type { Encoding, FileEncoding } from './writing/encoding.js';
export { blockBytes } from './writing/volume-writer.js';
export type { VolumeWriter, WrittenVolume } from './writing/volume-writer.js';
export type { VolumeEvent } from './events.js';
