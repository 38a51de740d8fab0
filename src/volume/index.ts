/** A volume as a random-access plaintext. */
export { SlotFile, slotBytes } from './slots/slot-file.js';
export { decodeFile } from './decoding/decode-file.js';
export type { DecodeOptions, EncodedFile, FileHash } from './decoding/decode-file.js';
export type { SeekTable } from './decoding/seek-table.js';
export type { PointsOf } from './reading/read-blocks.js';
export { VolumeStore } from './volume-store.js';
export type { DecodePriority, VolumeObserver } from './decoding/decode-passes.js';
export type { VolumeRef } from './volume-ref.js';
export type { VolumeStoreOptions } from './volume-store.js';
export { encodingOfFile, openFileWriter, signedBy } from './writing/encoding.js';
export type { Encoding, FileEncoding } from './writing/encoding.js';
export { blockBytes } from './writing/volume-writer.js';
export type { VolumeWriter, WrittenVolume } from './writing/volume-writer.js';
export type { CacheShrunk, VolumeEvent } from './events.js';
