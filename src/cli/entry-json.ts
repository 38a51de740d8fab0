/** Entries of a backup in JSON lines: one schema for all commands (docs/cli.md, "JSON lines"). */
import { encodeName, hasEscapes } from '../base/index.js';
import type { CatalogSet, SnapshotEntry } from '../snapshot/index.js';
import { formatStamp } from '../time/index.js';

/**
 * A size is null until the volume with the file was seen; then `sizeLimit` is an upper bound. `listedFrom` says what
 * the entry is known from: "signatures" alone are a hint that no volume has proven yet.
 */
export function jsonOfEntry(entry: SnapshotEntry, listedFrom: string | undefined): object {
  return {
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtimeSeconds,
    size: entry.type === 'reg' ? (entry.size ?? null) : undefined,
    sizeLimit: entry.type === 'reg' && entry.size === undefined ? entry.sizeLimit : undefined,
    ...jsonOfName('linkTarget', entry.linkTarget),
    device: entry.device && [entry.device.major, entry.device.minor],
    listedFrom,
  };
}

/** A name as readable text and, where its bytes are not UTF-8, exactly as base64. */
export function jsonOfName(key: string, name: string | undefined): Record<string, string> {
  if (name === undefined) return {};
  if (!hasEscapes(name)) return { [key]: name };
  return { [key]: name.toWellFormed(), [`${key}Base64`]: encodeName(name).toString('base64') };
}

/** A backup set: its name in messages, and its end. */
export interface JsonSet {
  readonly set: string;
  /** "20231114T221320Z". */
  readonly time: string;
  readonly timeSeconds: number;
}

export function jsonOfSet({ key, endSeconds }: CatalogSet): JsonSet {
  return { set: key, time: formatStamp(endSeconds), timeSeconds: endSeconds };
}
