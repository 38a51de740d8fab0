/** The frame of an index file (docs/index-format.md): its first bytes, and the kinds of its records. */

/** The first bytes of an index: its name, NUL, and the version of the format. */
export const magic = Buffer.from('duplifs-index\0\x01', 'latin1');

/** What the number before a record says it is. A reader skips what it does not know. */
export const recordKinds = {
  end: 0,
  set: 1,
  volume: 2,
  entry: 3,
  deletion: 4,
  binding: 5,
  deltaMap: 6,
  seekTable: 7,
} as const;

/** The longest record: a volume of 2.5 million blocks. */
export const maxRecordBytes = 64 << 20;

/** Number and length of a record take at most this many bytes. */
export const maxFrameBytes = 16;

export const checksumLength = 32;
