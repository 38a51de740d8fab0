/**
 * An entry of a zip archive with what Info-ZIP's fields can say: the Unix mode, whole seconds, the owner's numbers. Names
 * are written as they are; the library would cut what looks like a drive from them.
 */
import { ZipArchiveEntry } from 'compress-commons';
import { encodeName } from '../base/index.js';
import type { ArchivedEntry } from './archive-writer.js';

const unix = 3;
const methodStored = 0;
const dosFolder = 0x10;
const typeBits = { reg: 0o100000, dir: 0o040000, sym: 0o120000 } as const;
const maxTime = 0x7fff_ffff;
const maxId = 0xffff_ffff;

/** What a zip archive can hold. */
export type ZipType = keyof typeof typeBits;

export class ZipEntry extends ZipArchiveEntry {
  readonly #name: Buffer;
  readonly #mtimeSeconds: number;
  readonly #uid: number;
  readonly #gid: number;

  constructor({ name, entry, owner }: ArchivedEntry, type: ZipType, size: number) {
    super();
    this.#name = encodeName(type === 'dir' ? `${name}/` : name);
    this.#mtimeSeconds = entry.mtimeSeconds;
    this.#uid = owner.uid;
    this.#gid = owner.gid;
    this.getGeneralPurposeBit().useUTF8ForNames(true);
    this.setPlatform(unix);
    const attributes = (typeBits[type] | entry.mode) * 2 ** 16 + (type === 'dir' ? dosFolder : 0);
    this.setExternalAttributes(attributes);
    this.setTime(new Date(entry.mtimeSeconds * 1000), true);
    this.setSize(size); // tells whether its fields must have eight bytes
    if (type !== 'reg' || size === 0) this.setMethod(methodStored);
  }

  /** For the library, which takes bytes where it expects text. */
  getName(): Buffer {
    return this.#name;
  }

  getLocalFileDataExtra(): Buffer {
    return this.#unixFields();
  }

  getCentralDirectoryExtra(): Buffer {
    return Buffer.concat([this.getExtra(), this.#unixFields()]);
  }

  /** Made when they are asked for: a large archive has many entries. */
  #unixFields(): Buffer {
    const fields: Buffer[] = [];
    if (Math.abs(this.#mtimeSeconds) <= maxTime) {
      const time = Buffer.alloc(9);
      time.write('UT', 'latin1');
      time.writeUInt16LE(5, 2);
      time.writeUInt8(1, 4); // the time of modification alone
      time.writeInt32LE(this.#mtimeSeconds, 5);
      fields.push(time);
    }
    if (isId(this.#uid) && isId(this.#gid)) {
      const ids = Buffer.alloc(15);
      ids.write('ux', 'latin1');
      ids.writeUInt16LE(11, 2);
      ids.writeUInt8(1, 4); // the version of the field
      ids.writeUInt8(4, 5);
      ids.writeUInt32LE(this.#uid, 6);
      ids.writeUInt8(4, 10);
      ids.writeUInt32LE(this.#gid, 11);
      fields.push(ids);
    }
    return Buffer.concat(fields);
  }
}

function isId(id: number): boolean {
  return id >= 0 && id <= maxId;
}
