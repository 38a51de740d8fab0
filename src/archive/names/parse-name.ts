import { parseNameTime } from '../../time/index.js';
import { containerOf } from './container.js';
import { isIndexKind, noPrefixes, prefixOf } from './names.js';
import type { FileKind, NamePrefixes, SetTimes, StoredFile } from './names.js';

/** Longer names are not looked at: no file system and no storage has them. */
const maxLength = 1024;
const minSeconds = -62_135_596_800;
const maxSeconds = 253_402_300_799;

/** The patterns are open at the end: after the last fixed word, the end or a dot and anything. */
const longForms: Readonly<Record<Exclude<FileKind, IndexKind>, RegExp>> = {
  volume: /^duplicity-(?:full|inc)\.(.+?)(?:\.to\.(.+?))?\.vol([0-9]+)\.difftar(\.part)?(?:\.|$)/,
  manifest: /^duplicity-(?:full|inc)\.(.+?)(?:\.to\.(.+?))?\.manifest(\.part)?(?:\.|$)/,
  signatures: /^duplicity-(?:full|new)-signatures\.(.+?)(?:\.to\.(.+?))?\.sigtar(\.part)?(?:\.|$)/,
  statistics: /^duplicity-(?:full|inc)\.(.+?)(?:\.to\.(.+?))?\.jsonstat(\.part)?(?:\.|$)/,
};
const shortForms: Readonly<Partial<Record<FileKind, RegExp>>> = {
  volume: /^d[fi]\.([0-9a-z]+)(?:\.([0-9a-z]+))?\.([0-9a-z]+)\.dt(\.p)?(?:\.|$)/,
  manifest: /^d[fi]\.([0-9a-z]+)(?:\.([0-9a-z]+))?\.m(\.p)?(?:\.|$)/,
  signatures: /^d(?:f|n)s\.([0-9a-z]+)(?:\.([0-9a-z]+))?\.st(\.p)?(?:\.|$)/,
};
/** Our own names, and so not open: whoever writes one to a temporary name must not find it taken. */
const indexForms: Readonly<Record<IndexKind, RegExp>> = {
  index: /^duplifs-index\.(\d{8}T\d{6}Z)(?:\.to\.(\d{8}T\d{6}Z))?(?:\.gz|\.gpg)?$/,
  'added-index': /^duplifs-added-index\.(\d{8}T\d{6}Z)(?:\.to\.(\d{8}T\d{6}Z))?(?:\.gz|\.gpg)?$/,
};

type IndexKind = 'index' | 'added-index';

const kinds: readonly FileKind[] = [
  'volume',
  'manifest',
  'signatures',
  'statistics',
  'index',
  'added-index',
];

export interface ParseNameOptions {
  readonly prefixes?: NamePrefixes;
}

/**
 * What the name of a stored file says; undefined when it is not that of a backup's file. Never throws.
 * Takes all names that duplicity takes (docs/format/1-bytes.md 1.2), and old names with any separator;
 * other than duplicity, a volume 0 is ignored.
 */
export function parseFileName(
  name: string,
  { prefixes = noPrefixes }: ParseNameOptions = {},
): StoredFile | undefined {
  if (name.length > maxLength || isRecoveryData(name)) return undefined;
  for (const kind of kinds) {
    const prefix = prefixOf(kind, prefixes);
    if (!name.startsWith(prefix)) continue;
    const file = parseBare(name, name.slice(prefix.length), kind);
    if (file) return file;
  }
  return undefined;
}

/** What duplicity's `par2+` storages put beside each file and never list as one of the backup's. */
function isRecoveryData(name: string): boolean {
  return name.endsWith('.par2');
}

/** Parses `bare`, the name without its prefix, as one kind of file. */
function parseBare(name: string, bare: string, kind: FileKind): StoredFile | undefined {
  const short = shortForms[kind]?.exec(bare);
  const match = short ?? (isIndexKind(kind) ? indexForms[kind] : longForms[kind]).exec(bare);
  if (!match) return undefined;
  const [, first = '', second] = match;
  const isFull =
    /^(?:df|duplicity-full|duplifs-(?:added-)?index)/.test(bare) && second === undefined;
  const isInc =
    /^(?:d[in]|duplicity-(?:inc|new)|duplifs-(?:added-)?index)/.test(bare) && second !== undefined;
  if (!isFull && !isInc) return undefined;

  const times = parseTimes(first, second, short ? parseBase36 : parseNameTime);
  const digits = kind === 'volume' ? (match[3] ?? '') : '';
  const volumeNumber = kind !== 'volume' ? 0 : short ? parseBase36(digits) : Number(digits);
  if (!times || volumeNumber === undefined || !Number.isSafeInteger(volumeNumber)) return undefined;
  if (kind === 'volume' && volumeNumber === 0) return undefined;

  const part = match[kind === 'volume' ? 4 : 3];
  const form = short ? 'short' : /^\d{4}-/.test(first) ? 'old' : 'long';
  const container = containerOf(bare);
  return { name, kind, times, volumeNumber, container, partial: part !== undefined, form };
}

function parseTimes(
  first: string,
  second: string | undefined,
  parse: (text: string) => number | undefined,
): SetTimes | undefined {
  const one = stampable(parse(first));
  if (one === undefined) return undefined;
  if (second === undefined) return { kind: 'full', endSeconds: one };
  const two = stampable(parse(second));
  return two === undefined ? undefined : { kind: 'inc', startSeconds: one, endSeconds: two };
}

/** Zero does not count as a time, nor does one outside of the years 1 to 9999: it has no stamp. */
function stampable(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds !== 0 && minSeconds <= seconds && seconds <= maxSeconds
    ? seconds
    : undefined;
}

function parseBase36(text: string): number | undefined {
  const value = Number.parseInt(text, 36);
  return Number.isSafeInteger(value) ? value : undefined;
}
