/** duplicity's format: bytes in, bytes out, no I/O of its own. */

// The names of files, and the sets and chains that they make up.
export { chainOf, tieChains, tieWithoutBase, usableSets } from './sets/chains.js';
export type { Chain } from './sets/chains.js';
export { collect, collectFiles } from './sets/collect.js';
export type { Collection, CollectionWarning, CollectOptions, Sides } from './sets/collect.js';
export { containerOf, stemOf } from './names/container.js';
export { formatFileName, setKey } from './names/format-name.js';
export type { FileNameParts } from './names/format-name.js';
export { isIndexKind, noPrefixes } from './names/names.js';
export type { Container, FileKind, NamePrefixes, SetTimes, StoredFile } from './names/names.js';
export { parseFileName } from './names/parse-name.js';
export type { ParseNameOptions } from './names/parse-name.js';
export type { PrimaryChain } from './sets/primary.js';
export { plural, setText } from './sets/set-text.js';
export { firstSetSeconds, selectSets } from './sets/select-sets.js';
export type { Selection } from './sets/select-sets.js';
export type { BackupSet } from './sets/sets.js';
export type { SignatureChain } from './sets/signature-chains.js';

// The codecs of what lies inside the files.
export { TarParser, type TarSink } from './tar/parser.js';
export type { TarHeader } from './tar/header.js';
export { encodeTarEntry, paddingLength } from './tar/encode.js';
export { sigtarEnd, volumeEnd } from './tar/ends.js';
export type { DeletedEntry, EntryMetadata, EntryType } from './entry.js';
export { DifftarParser } from './difftar/parser.js';
export type { ContentEntry, DifftarEntry, DifftarSink, UnusableEntry } from './difftar/parser.js';
export { isFirstHeaderOf, isHeaderOf, maxHeaderBytes } from './difftar/data-header.js';
export type { ExpectedEntry } from './difftar/data-header.js';
export { encodeDifftarHeader } from './difftar/encode.js';
export { SigtarParser } from './sigtar/parser.js';
export type { PathEntry, SigtarEntry, SigtarSink } from './sigtar/parser.js';
export { encodeSigtarHeader } from './sigtar/encode.js';
export { signatureSizeBounds, type SizeBounds } from './sigtar/size-bounds.js';
export { quote } from './manifest/quoting.js';
export type { FileChange, Manifest, ManifestVolume, VolumeHash } from './manifest/manifest.js';
export { NamedFiles } from './manifest/named-files.js';
export { ManifestParser, parseManifest, type ManifestOptions } from './manifest/parser.js';
export {
  formatFileChange,
  formatFileListHeader,
  formatManifest,
  formatManifestHeader,
  formatManifestVolume,
} from './manifest/format.js';
export { volumesDigest } from './manifest/volumes-digest.js';
export { volumesForEntry, volumesForPath } from './manifest/volumes-for.js';

// Where a volume's blocks lie.
export { digestBytes, fileContainer, isContinuous } from './block-table/block-table.js';
export type {
  Block,
  BlockTable,
  ContinuousBlockTable,
  GpgBlockTable,
  GpgLayout,
  GzipBlockTable,
  MessageLayout,
  PacketLayout,
  PlainBlockTable,
} from './block-table/block-table.js';
export { blockTable, layoutNumbers } from './block-table/layout-numbers.js';
export type { TableFields } from './block-table/layout-numbers.js';
export {
  blockAt,
  countBlocks,
  faultOfBlocks,
  packBlocks,
  plaintextOffsetAt,
  unpackBlocks,
} from './block-table/packed-blocks.js';

// The index.
export {
  DeltaMapper,
  DeltaMapWriter,
  lengthOfDeltaMap,
  readDeltaMap,
} from './index-file/delta-map.js';
export type { MappedDelta } from './index-file/delta-map.js';
export { IndexEncoder } from './index-file/encoder.js';
export { decodeEntryList, EntryListEncoder } from './index-file/entry-list.js';
export type { EntryRecords } from './index-file/entry-list.js';
export { IndexParser, type BlockStarts, type IndexSink } from './index-file/parser.js';
export type {
  BlockStart,
  IndexCounts,
  IndexedEntry,
  IndexEntry,
  IndexHeader,
  IndexVolume,
  PieceRun,
  IndexBinding,
  SetBase,
} from './index-file/model.js';
export { appendPiece, piecesOf, type Piece } from './index-file/pieces.js';
