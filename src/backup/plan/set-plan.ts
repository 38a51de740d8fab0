import { formatFileName, setKey } from '../../archive/index.js';
import type { IndexBinding, NamePrefixes, SetTimes } from '../../archive/index.js';
import type { Storage } from '../../storage/index.js';
import type { Encoding } from '../../volume/index.js';

/** All that is decided of a set before its first byte is written. */
export interface SetPlan {
  readonly times: SetTimes;
  readonly encoding: Encoding;
  readonly storage: Storage;
  /** The target's folder in the archive dir. */
  readonly archiveFolder: string;
  readonly prefixes: NamePrefixes;
  readonly volumeBytes: number;
  readonly maxBlockLength: number;
  readonly hostname: string;
  readonly localDir: string;
  readonly writesIndex: boolean;
  /** What an incremental is made on, and who signs it: for the index. */
  readonly bound: Pick<IndexBinding, 'base' | 'signKey'>;
  /** Whether the manifest lists the changed files. */
  readonly listsFiles: boolean;
  /** Where the source lies; the paths of files to read begin with it. */
  readonly sourceRoot: Buffer;
  readonly followsLinks: boolean;
  readonly producer: string;
}

/** The names of a set's files on the storage. */
export function volumeName({ times, encoding, prefixes }: SetPlan, volumeNumber: number): string {
  const { container } = encoding;
  return formatFileName({ kind: 'volume', times, volumeNumber, container }, prefixes);
}

export function manifestName({ times, encoding, prefixes }: SetPlan): string {
  const container = encoding.container === 'gpg' ? 'gpg' : 'plain';
  return formatFileName({ kind: 'manifest', times, container }, prefixes);
}

export function signaturesName({ times, encoding, prefixes }: SetPlan): string {
  return formatFileName({ kind: 'signatures', times, container: encoding.container }, prefixes);
}

export function indexName({ times, encoding, prefixes }: SetPlan): string {
  return formatFileName({ kind: 'index', times, container: encoding.container }, prefixes);
}

/** The names of a set's files in the archive dir (docs/format/1-bytes.md 1.4), and of our own beside them. */
export function localNames({ times, prefixes }: Pick<SetPlan, 'times' | 'prefixes'>) {
  const name = (kind: 'manifest' | 'signatures', container: 'plain' | 'gz', partial: boolean) =>
    formatFileName({ kind, times, container, partial }, prefixes);
  const key = setKey(times);
  return {
    manifest: name('manifest', 'plain', false),
    signatures: name('signatures', 'gz', false),
    manifestPart: name('manifest', 'plain', true),
    signaturesPart: name('signatures', 'plain', true),
    /** What the parts become before the manifest is put, and after it the final files. */
    manifestReady: `duplifs-ready.${key}.manifest`,
    signaturesReady: `duplifs-ready.${key}.sigtar.gz`,
    indexPart: `duplifs-writing.${key}.index`,
    fileListPart: `duplifs-writing.${key}.files`,
    state: `duplifs-writing.${key}.state`,
  };
}
