/** duplicity's format: bytes in, bytes out, no I/O of its own. */

// The codecs of what lies inside the files.
export { TarParser, type TarSink } from './tar/parser.js';
export type { TarHeader } from './tar/header.js';
export { encodeTarEntry, paddingLength } from './tar/encode.js';
export { sigtarEnd, volumeEnd } from './tar/ends.js';
