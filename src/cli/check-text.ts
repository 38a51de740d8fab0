/** What `check` says of what it has found, and what to do about it. */
import { plural } from '../archive/index.js';
import type { ErrorCode } from '../base/index.js';
import { exitCodes } from '../base/index.js';
import type { CheckResult, Finding, ReadResult } from '../check/index.js';
import { describeFaults, describeLock, lockHint } from '../target/index.js';
import type { SetFault } from '../target/index.js';
import { formatLocalTime } from '../time/index.js';
import { humanSize } from './backup/statistics-text.js';
import { mirrorGapText, refusalText } from './status/index.js';

export interface FindingText {
  readonly message: string;
  /** What to do. */
  readonly advice: string;
}

const newFull = 'make a full backup ("duplifs full"), which needs nothing of it';
const repair = '"duplifs repair" shows what can be made whole again';
const cleanup = '"duplifs cleanup" lists it, and removes it with --force';

export function findingText(finding: Finding): FindingText {
  switch (finding.kind) {
    case 'set-faulty':
      return faultText(finding.setKey, finding.fault);
    case 'file-unusable':
      return unusableText(finding);
    case 'sets-locked':
      return {
        message: `${setsText(finding.setKeys)} cannot be opened: ${finding.reason}`,
        advice: finding.hint ?? 'Give the passphrase or key, and check again',
      };
    case 'volume-size':
    case 'volume-faulty':
      return volumeText(finding);
    case 'entries-unusable':
      return entriesText(finding);
    case 'index-missing':
    case 'index-disagrees':
      return indexText(finding);
    case 'signatures-missing':
    case 'signatures-foreign':
    case 'base-foreign':
      return lineageText(finding);
    case 'local-copy':
      return {
        message: `The copy "${finding.name}" in the archive dir is not "${finding.stored}" of set ${finding.setKey}: ${finding.reason}`,
        advice: `${repair}, and fetches it again with --force`,
      };
    case 'future-set':
    case 'set-replaced':
    case 'newest-set-gone':
      return setText(finding);
    case 'several-files':
    case 'leftover-part':
    case 'leftovers':
      return surplusText(finding);
    case 'files-refused':
      return {
        message: `${namesText(finding.names)} of set ${finding.setKey} ${finding.names.length === 1 ? 'is' : 'are'} not used: ${refusalText(finding.reason)}`,
        advice:
          'Somebody may have put it there: remove it, or give --allow-unprotected if it was made so on purpose',
      };
    case 'mirror':
      return {
        message: mirrorGapText(finding.gap),
        advice: `${repair}, and copies it with --force`,
      };
    case 'lock':
      return finding.lock.isGone
        ? {
            message: `A run that is gone has left its lock (${describeLock(finding.lock)})`,
            advice: 'The next run takes over',
          }
        : {
            message: `Somebody is writing to the backup (${describeLock(finding.lock)}): what is not finished is not looked at`,
            advice: lockHint(finding.lock),
          };
  }
}

function volumeText(
  finding: Extract<Finding, { kind: 'volume-size' | 'volume-faulty' }>,
): FindingText {
  const { name, setKey } = finding;
  if (finding.kind === 'volume-size') {
    const { size, wantedSize } = finding;
    return {
      message: `"${name}" of set ${setKey} has ${size} bytes, and was put with ${wantedSize}`,
      advice: `It is damaged: bring it back from another copy of the backup; ${repair}; or ${newFull}`,
    };
  }
  const time = formatLocalTime(finding.readSeconds);
  return {
    message: `"${name}" of set ${setKey} was damaged, or not signed as it must be, when it was read last (${time})`,
    advice: `${repair}; "duplifs check --read-data" reads it again`,
  };
}

function faultText(setKey: string, fault: SetFault): FindingText {
  return { message: `Of set ${setKey} ${describeFaults([fault])}`, advice: faultAdvice(fault) };
}

function faultAdvice(fault: SetFault): string {
  switch (fault.kind) {
    case 'manifest-missing':
    case 'manifest-damaged':
      return `Bring it back from another copy of the backup; ${repair}; else ${newFull}`;
    case 'volumes-missing':
      return `Bring them back from another copy of the backup; what else is in the set is read with --use-incomplete; and ${newFull}`;
    case 'volumes-not-named':
      return `${repair}; else ${newFull}`;
    case 'refused':
      return 'Give --allow-unprotected if it was made so on purpose; else somebody may have put it there';
    case 'unfinished':
      return `Run the same backup again, which goes on with it, or ${cleanup}`;
    case 'base-missing':
      return `It cannot be read without that one: bring its files back, or ${newFull}`;
    case 'base-faulty':
      return `Mend that set first, or ${newFull}`;
  }
}

const fileNames = {
  manifest: 'manifest',
  signatures: 'file of signatures',
  index: 'index',
  volume: 'volume',
} as const;

function unusableText(finding: Extract<Finding, { kind: 'file-unusable' }>): FindingText {
  const { setKey, name, file, error, reason } = finding;
  const message = `The ${fileNames[file]} "${name}" of set ${setKey} cannot be used: ${reason}`;
  return { message, advice: unusableAdvice(file, error) };
}

function unusableAdvice(file: keyof typeof fileNames, error: ErrorCode): string {
  if (error === 'SIGNATURE') {
    return 'Somebody else may have written it: do not restore from the set before you know; nothing that is built on it is safe';
  }
  if (error === 'STORAGE' || error === 'STORAGE_DENIED') {
    return 'See whether the storage lets you read it, and check again';
  }
  switch (file) {
    case 'index':
      return `Reads do without it and take longer; ${repair}`;
    case 'signatures':
      return `Restores do without it; the chain cannot be continued by a machine that has no copy: ${newFull}`;
    case 'manifest':
      return `Bring it back from another copy of the backup; ${repair}; else ${newFull}`;
    case 'volume':
      return `What lies in it is lost unless another copy of the backup has it; ${repair}; and ${newFull}`;
  }
}

function entriesText(finding: Extract<Finding, { kind: 'entries-unusable' }>): FindingText {
  const { name, setKey, count, entry, reason } = finding;
  const more = count === 1 ? '' : `, and ${count - 1} more`;
  return {
    message: `"${name}" of set ${setKey} holds an entry "${entry}" ${reason}${more}`,
    advice:
      'Those files are not restored, the others of the volume are; the next full backup stores them anew',
  };
}

function indexText(
  finding: Extract<Finding, { kind: 'index-missing' | 'index-disagrees' }>,
): FindingText {
  const advice = `Reads do without it and take longer; ${repair}`;
  if (finding.kind === 'index-missing') {
    return { message: `The index of set ${finding.setKey} is missing`, advice };
  }
  const { name, setKey, reason } = finding;
  return { message: `The index "${name}" of set ${setKey} cannot be used: ${reason}`, advice };
}

function lineageText(
  finding: Extract<Finding, { kind: 'signatures-missing' | 'signatures-foreign' | 'base-foreign' }>,
): FindingText {
  const { setKey } = finding;
  switch (finding.kind) {
    case 'signatures-missing':
      return {
        message: `Set ${setKey} has no signatures`,
        advice: `It is restored from its volumes; the next incremental builds on the set before it. To be rid of that, ${newFull}`,
      };
    case 'signatures-foreign':
      return {
        message: `"${finding.name}" is not the file of signatures that the index of set ${setKey} names`,
        advice: `It is damaged, or of another set, and nothing is built on it: ${newFull}`,
      };
    case 'base-foreign':
      return {
        message: `"${finding.name}" says that set ${setKey} was made on ${finding.base === '' ? 'no other set' : `set ${finding.base}`}, and that is not what is stored before it`,
        advice:
          'A file of either set is of another backup or time: bring the right ones back, or restore an earlier --time',
      };
  }
}

function setText(
  finding: Extract<Finding, { kind: 'future-set' | 'set-replaced' | 'newest-set-gone' }>,
): FindingText {
  const { setKey } = finding;
  switch (finding.kind) {
    case 'future-set':
      return {
        message: `The time of set ${setKey} has not come yet: a clock was wrong`,
        advice:
          'Its chain is not continued until then; make a full backup with the clock set right',
      };
    case 'set-replaced':
      return {
        message: `Set ${setKey} is not part of its chain: a later one was made on the same set`,
        advice:
          'Its files can be removed, unless two machines back up to this target: then give each a target of its own',
      };
    case 'newest-set-gone':
      return {
        message: `The newest set that this machine has seen, ${setKey}, is no longer stored, and no newer one is`,
        advice: 'If you removed it yourself, give --allow-rollback once; else bring it back',
      };
  }
}

function surplusText(
  finding: Extract<Finding, { kind: 'several-files' | 'leftover-part' | 'leftovers' }>,
): FindingText {
  switch (finding.kind) {
    case 'several-files':
      return {
        message: `${namesText(finding.names)} of set ${finding.setKey} have one purpose, and duplicity fails on them`,
        advice: 'Keep the one that the manifest names, and remove the others',
      };
    case 'leftover-part':
      return {
        message: `"${finding.name}" lies beside the whole manifest of set ${finding.setKey}, and duplicity fails on it`,
        advice: 'The next backup removes it',
      };
    case 'leftovers': {
      const place = finding.where === 'stored' ? 'on the storage' : 'in the archive dir';
      const belong = finding.names.length === 1 ? 'belongs' : 'belong';
      return {
        message: `${namesText(finding.names)} ${place} ${belong} to no set`,
        advice: `It does no harm; ${cleanup}`,
      };
    }
  }
}

/** "a", or "a" and 2 more files. */
function namesText(names: readonly string[]): string {
  const [first = ''] = names;
  const more = names.length - 1;
  return more === 0 ? `"${first}"` : `"${first}" and ${more} more ${plural(more, 'file')}`;
}

function setsText(keys: readonly string[]): string {
  const [first = ''] = keys;
  const more = keys.length - 1;
  return more === 0 ? `Set ${first}` : `Set ${first} and ${more} more`;
}

/** The one sentence at the end. */
export function checkSummary({
  sets,
  wholeSets,
  storedBytes,
  findings,
  worst,
  read,
}: CheckResult): string {
  const reading =
    read === undefined ? 'as far as can be told without reading volumes' : readText(read);
  if (worst === undefined) {
    const all = sets === 1 ? 'the one set is whole' : `all ${sets} sets are whole`;
    return `All is well: ${all} (${humanSize(storedBytes)}), ${reading}.`;
  }
  const what = `${findings} ${plural(findings, 'finding')}`;
  return `Not all is well: ${what}, at the worst ${worstTexts[worst] ?? worst} (exit code ${exitCodes[worst]}); ${wholeSets} of ${sets} ${plural(sets, 'set')} whole, ${reading}.`;
}

const worstTexts: Partial<Record<ErrorCode, string>> = {
  SIGNATURE: 'something that may not be yours',
  DAMAGED: 'something that is damaged',
  FILE_MISSING: 'something that is missing',
  STORAGE_DENIED: 'a file that the storage does not let us read',
  STORAGE: 'a file that the storage could not read',
  KEY: 'something that cannot be opened with what is given',
  MANIFESTS_DIFFER: 'a copy in the archive dir that is not what is stored',
  INCOMPLETE: 'something that is not as it should be',
};

function readText({
  volumes,
  bytes,
  backupBytes,
  allReadSinceSeconds,
  totalVolumes,
}: ReadResult): string {
  const share = backupBytes === 0 ? 100 : Math.floor((bytes / backupBytes) * 100);
  const since =
    allReadSinceSeconds === undefined
      ? ''
      : `; every volume was read since ${formatLocalTime(allReadSinceSeconds)}`;
  const some = volumes < totalVolumes ? ` of ${totalVolumes}` : '';
  return `${volumes}${some} ${plural(volumes, 'volume')} read (${humanSize(bytes)}, ${share} % of the backup)${since}`;
}
