import { formatStamp } from '../../time/index.js';
import { noPrefixes, prefixOf } from './names.js';
import type { Container, NamePrefixes, SetTimes } from './names.js';

/** What a name is made from. */
export type FileNameParts =
  | {
      readonly kind: 'volume';
      readonly times: SetTimes;
      readonly volumeNumber: number;
      readonly container: Container;
    }
  | {
      readonly kind: 'manifest' | 'signatures' | 'statistics';
      readonly times: SetTimes;
      readonly container: Container;
      /** For the file that is being written, in the archive dir. */
      readonly partial?: boolean;
    }
  | {
      readonly kind: 'index' | 'added-index';
      readonly times: SetTimes;
      readonly container: Container;
    };

const suffixes: Readonly<Record<Container, string>> = { gpg: '.gpg', gz: '.gz', plain: '' };

/**
 * The long name of a file (docs/format/1-bytes.md 1.1). duplicity ignores the names of index files, which
 * begin with "duplifs-". That a manifest is never gzipped on a target is for the caller to mind.
 */
export function formatFileName(file: FileNameParts, prefixes: NamePrefixes = noPrefixes): string {
  const part = 'partial' in file && file.partial ? '.part' : '';
  return prefixOf(file.kind, prefixes) + stem(file) + part + suffixes[file.container];
}

function stem(file: FileNameParts): string {
  const { times } = file;
  const isFull = times.kind === 'full';
  const set = setKey(times);
  switch (file.kind) {
    case 'volume':
      return `duplicity-${times.kind}.${set}.vol${file.volumeNumber}.difftar`;
    case 'manifest':
      return `duplicity-${times.kind}.${set}.manifest`;
    case 'signatures':
      return `duplicity-${isFull ? 'full' : 'new'}-signatures.${set}.sigtar`;
    case 'statistics':
      return `duplicity-${times.kind}.${set}.jsonstat`;
    case 'index':
      return `duplifs-index.${set}`;
    case 'added-index':
      return `duplifs-added-index.${set}`;
  }
}

/** By what all files of a set share: a target may have a hundred thousand sets, and each is asked for time and again. */
const setKeys = new WeakMap<SetTimes, string>();

/** The text that identifies a set: "20231114T221320Z", or "….to.…" for an incremental. */
export function setKey(times: SetTimes): string {
  const known = setKeys.get(times);
  if (known !== undefined) return known;
  const end = formatStamp(times.endSeconds);
  const key = times.kind === 'full' ? end : `${formatStamp(times.startSeconds)}.to.${end}`;
  setKeys.set(times, key);
  return key;
}
