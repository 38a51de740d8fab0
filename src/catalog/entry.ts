/** What the catalog says of one path in one set, and how that is coded in its rows. */
import { decodeName } from '../base/index.js';

export const entryTypes = ['reg', 'dir', 'sym', 'fifo', 'chr', 'blk'] as const;
export type EntryType = (typeof entryTypes)[number];

/** `stored`: a hint, known from the sigtar only; its volumes will say whether it is a snapshot or a diff, or at all there. */
export const versionKinds = ['deleted', 'snapshot', 'diff', 'stored'] as const;
export type VersionKind = (typeof versionKinds)[number];

/** A live path at some time: the newest version of it up to a set. */
export interface CatalogEntry {
  /** The path's id: the same in every set. */
  readonly id: number;
  /** The last component. */
  readonly name: string;
  /** The id of the folder that holds it; 0 of the root. */
  readonly parentId: number;
  /** The set that holds this version. */
  readonly setId: number;
  readonly kind: Exclude<VersionKind, 'deleted'>;
  readonly type: EntryType;
  /** Whether a verified volume or an accepted index holds it; if not, only a sigtar tells of it or of what is below it. */
  readonly proven: boolean;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  /** Row of the owners table (Catalog.owner). */
  readonly ownerId: number;
  readonly mtimeSeconds: number;
  /** Exact, in bytes; undefined for a regular file whose volumes were not seen yet. */
  readonly size: number | undefined;
  /** An upper bound of the size, good for progress and plans only; 0 where nothing is known. */
  readonly sizeLimit: number;
  readonly linkTarget: string | undefined;
  readonly device: { readonly major: number; readonly minor: number } | undefined;
}

/** The columns that rowToEntry wants, of `names n` and `versions v`. */
export const entryColumns =
  'n.id, n.name, n.parent, v.set_id, v.kind, v.type, v.mode, v.owner, v.mtime_seconds, v.size, v.size_limit, v.link, v.major, v.minor, v.proven';

export type EntryRow = readonly [
  id: number,
  name: Buffer,
  parent: number,
  setId: number,
  kind: number,
  type: number,
  mode: number,
  owner: number,
  mtimeSeconds: number,
  size: number | null,
  sizeLimit: number | null,
  link: Buffer | null,
  major: number | null,
  minor: number | null,
  proven: number,
];

export function rowToEntry(row: EntryRow): CatalogEntry {
  const [id, name, parentId, setId, kind, type, mode, ownerId, mtimeSeconds, size, ...rest] = row;
  const [sizeLimit, link, major, minor, proven] = rest;
  return {
    id,
    name: decodeName(name),
    parentId,
    setId,
    kind: (versionKinds[kind] ?? 'stored') as CatalogEntry['kind'],
    type: entryTypes[type] ?? 'reg',
    proven: proven !== 0,
    mode,
    ownerId,
    mtimeSeconds,
    size: size ?? undefined,
    sizeLimit: size ?? sizeLimit ?? 0,
    linkTarget: link === null ? undefined : decodeName(link),
    device: major === null || minor === null ? undefined : { major, minor },
  };
}
