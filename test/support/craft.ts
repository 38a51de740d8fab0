/** Backup sets made entry by entry, for what no real duplicity would write. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  encodeDifftarHeader,
  encodeSigtarHeader,
  formatFileName,
  formatManifest,
  paddingLength,
  sigtarEnd,
} from '../../src/archive/index.js';
import type { EntryMetadata, ManifestVolume, SetTimes } from '../../src/archive/index.js';
import { defined } from '../../src/base/index.js';

/** An entry of a volume; a regular file unless it says otherwise. */
export interface Crafted extends Partial<EntryMetadata> {
  readonly path: string;
  readonly kind?: 'snapshot' | 'diff' | 'deleted';
  readonly data?: Buffer;
  readonly piece?: number;
  /** In the sigtar; one that fits nothing unless it is given. */
  readonly signature?: Buffer;
}

export interface CraftedSet {
  readonly times: SetTimes;
  /** The entries of each volume, or its plaintext. */
  readonly volumes: readonly (readonly Crafted[] | Buffer)[];
  /** Undefined: what the volumes hold; 'none': no sigtar is written. */
  readonly signatures?: readonly Crafted[] | Buffer | 'none';
  readonly container?: 'gz' | 'plain';
  /** Changes what the manifest says. */
  readonly manifest?: (volumes: readonly ManifestVolume[]) => readonly ManifestVolume[];
}

export const folder = (path: string, more: Partial<EntryMetadata> = {}): Crafted => ({
  path,
  type: 'dir',
  mode: 0o755,
  ...more,
});
export const file = (
  path: string,
  data: string | Buffer = '',
  more: Partial<Crafted> = {},
): Crafted => ({ path, data: Buffer.from(data), ...more });
export const link = (path: string, linkTarget: string): Crafted => ({
  path,
  type: 'sym',
  linkTarget,
});
export const deleted = (path: string): Crafted => ({ path, kind: 'deleted' });

const day = 86_400;
export const firstSeconds = 1_700_000_000;
/** The times of the full of day 0, or of the incremental that ends on a later day. */
export function timesOf(end: number, start = end - 1): SetTimes {
  const endSeconds = firstSeconds + end * day;
  return end === 0
    ? { kind: 'full', endSeconds }
    : { kind: 'inc', startSeconds: firstSeconds + start * day, endSeconds };
}

export function metadataOf(entry: Crafted): EntryMetadata {
  const { path, type = 'reg', mode = 0o644, uid = 0, gid = 0 } = entry;
  const { userName = '', groupName = '', mtimeSeconds = 1_600_000_000 } = entry;
  const { linkTarget, device } = entry;
  const common = { path, type, mode, uid, gid, userName, groupName, mtimeSeconds };
  return { ...common, ...defined({ linkTarget, device }) };
}

/** The plaintext of a volume. */
export function volumeTar(entries: readonly Crafted[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const { kind = 'snapshot', data = Buffer.alloc(0), path, piece } = entry;
    if (kind === 'deleted') return [encodeDifftarHeader({ kind, path })];
    const header = { ...metadataOf(entry), kind, piece, dataLength: data.length };
    return [encodeDifftarHeader(header), data, Buffer.alloc(paddingLength(data.length))];
  });
  return Buffer.concat(parts);
}

/** A signature of a file of up to 2048 bytes: one block whose sums nobody looks at. */
const signature = Buffer.concat([Buffer.from('727301360000080000000008', 'hex'), Buffer.alloc(12)]);

/** The plaintext of a sigtar. */
export function signatureTar(entries: readonly Crafted[]): Buffer {
  const seen = new Set<string>();
  const parts = entries.flatMap((entry) => {
    if (seen.has(entry.path)) return [];
    seen.add(entry.path);
    if (entry.kind === 'deleted') {
      return [encodeSigtarHeader({ kind: 'deleted', path: entry.path })];
    }
    const metadata = metadataOf(entry);
    const isFile = metadata.type === 'reg';
    const data = isFile ? (entry.signature ?? signature) : Buffer.alloc(0);
    const kind = isFile ? ('signature' as const) : ('snapshot' as const);
    const header = encodeSigtarHeader({ ...metadata, kind, signatureLength: data.length });
    return [header, data, Buffer.alloc(paddingLength(data.length))];
  });
  const tar = Buffer.concat(parts);
  return Buffer.concat([tar, sigtarEnd(tar.length)]);
}

/** Writes the files of a set; returns their names. */
export function writeSet(
  target: string,
  set: CraftedSet,
): Record<'manifest' | 'sigtar', string> & {
  readonly volumes: readonly string[];
} {
  mkdirSync(target, { recursive: true });
  const { times, container = 'gz', signatures } = set;
  const pack = container === 'gz' ? (bytes: Buffer) => gzipSync(bytes) : (bytes: Buffer) => bytes;
  const entries = set.volumes.map((volume) => (Buffer.isBuffer(volume) ? [] : volume));
  const volumes = set.volumes.map((volume, index) => {
    const name = formatFileName({ kind: 'volume', times, volumeNumber: index + 1, container });
    const bytes = pack(Buffer.isBuffer(volume) ? volume : volumeTar(volume));
    writeFileSync(join(target, name), bytes);
    return { name, bytes };
  });
  const sigtar = formatFileName({ kind: 'signatures', times, container });
  if (signatures !== 'none') {
    const tar = Buffer.isBuffer(signatures)
      ? signatures
      : signatureTar(signatures ?? entries.flat());
    writeFileSync(join(target, sigtar), pack(tar));
  }
  const records = volumes.map(({ bytes }, index) => ({
    number: index + 1,
    startPath: entries[index]?.at(0)?.path ?? '',
    endPath: entries[index]?.at(-1)?.path ?? '',
    hash: { algorithm: 'SHA1' as const, hex: sha1(bytes) },
  }));
  const manifest = formatFileName({ kind: 'manifest', times, container: 'plain' });
  const body = formatManifest({ volumes: set.manifest?.(records) ?? records });
  writeFileSync(join(target, manifest), body);
  return { manifest, sigtar, volumes: volumes.map(({ name }) => name) };
}

export function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex');
}
