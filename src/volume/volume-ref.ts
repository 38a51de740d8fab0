import type { BlockTable } from '../archive/index.js';
import type { SessionKey } from '../openpgp/index.js';
import type { EncodedFile } from './decoding/decode-file.js';
import type { PointsOf } from './reading/read-blocks.js';

/** A volume to read: `id` is unique within one store. */
export interface VolumeRef extends EncodedFile {
  readonly id: number;
  /** Its blocks, at least one, where an index tells them: then reads need not decode the whole volume. */
  readonly table?: BlockTable | undefined;
  /** The session key that the index gives; without it the volume's header is opened. */
  readonly sessionKey?: SessionKey | undefined;
  /** Where its blocks begin, for the table of a volume of another program's. */
  readonly pointsOf?: PointsOf | undefined;
  /** The key whose signature the file must carry, where that is more than is demanded of all files. */
  readonly signKey?: string | undefined;
}
