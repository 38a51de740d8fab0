/** What a check finds: values, each with the error that it amounts to. */
import type { ErrorCode } from '../base/index.js';
import type { HeldLock, MirrorGap, RefusalReason, SetFault } from '../target/index.js';

export type CheckedFile = 'manifest' | 'signatures' | 'index' | 'volume';

export type Finding =
  /** A set that is not whole, or that builds on one that is not. */
  | { readonly kind: 'set-faulty'; readonly setKey: string; readonly fault: SetFault }
  /** A stored file that cannot be read, is not what it must be, or is not signed by whom it must. */
  | {
      readonly kind: 'file-unusable';
      readonly setKey: string;
      readonly name: string;
      readonly file: CheckedFile;
      readonly error: ErrorCode;
      readonly reason: string;
    }
  /** Sets that cannot be opened with what is at hand. */
  | {
      readonly kind: 'sets-locked';
      readonly setKeys: readonly string[];
      readonly reason: string;
      readonly hint: string | undefined;
    }
  /** A volume is not as large as it was put. */
  | {
      readonly kind: 'volume-size';
      readonly setKey: string;
      readonly name: string;
      readonly size: number;
      readonly wantedSize: number;
    }
  /** A volume was not what it must be when it was read last. */
  | {
      readonly kind: 'volume-faulty';
      readonly setKey: string;
      readonly name: string;
      readonly readSeconds: number;
    }
  /** Entries of a volume that no backup holds; the others of it are well. */
  | {
      readonly kind: 'entries-unusable';
      readonly setKey: string;
      readonly name: string;
      readonly count: number;
      /** The first of them. */
      readonly entry: string;
      readonly reason: string;
    }
  /** The set is whole, and the next incremental could not be laid on it. */
  | { readonly kind: 'signatures-missing'; readonly setKey: string }
  /** The sigtar is not the one that the set's index names. */
  | { readonly kind: 'signatures-foreign'; readonly setKey: string; readonly name: string }
  /** The set was made on another set, or another version of it, than the one before it. */
  | {
      readonly kind: 'base-foreign';
      readonly setKey: string;
      /** The index that says so. */
      readonly name: string;
      /** What it names. */
      readonly base: string;
    }
  /** This machine knows that the set had an index. */
  | { readonly kind: 'index-missing'; readonly setKey: string }
  /** The index does not agree with the manifest or with a volume: whoever reads does without it. */
  | {
      readonly kind: 'index-disagrees';
      readonly setKey: string;
      readonly name: string;
      readonly reason: string;
    }
  /** A copy in the archive dir is not what is stored, or cannot be read. */
  | {
      readonly kind: 'local-copy';
      readonly setKey: string;
      /** Of the copy. */
      readonly name: string;
      readonly stored: string;
      readonly reason: string;
    }
  /** The time of the set has not come yet: a clock was wrong. */
  | { readonly kind: 'future-set'; readonly setKey: string }
  /** Several files have one purpose: duplicity fails on them. */
  | { readonly kind: 'several-files'; readonly setKey: string; readonly names: readonly string[] }
  /** A later set was made on the same one, so that nothing is read of this one. */
  | { readonly kind: 'set-replaced'; readonly setKey: string }
  /** A part of a manifest beside the whole one: duplicity fails on it. */
  | { readonly kind: 'leftover-part'; readonly setKey: string; readonly name: string }
  /** Files that belong to no set. */
  | {
      readonly kind: 'leftovers';
      readonly where: 'stored' | 'local';
      readonly names: readonly string[];
    }
  /** Files that are less protected than their chain, and so not used. */
  | {
      readonly kind: 'files-refused';
      readonly setKey: string;
      readonly names: readonly string[];
      readonly reason: RefusalReason;
    }
  /** The newest set that this machine has seen is not there, and none that is newer. */
  | { readonly kind: 'newest-set-gone'; readonly setKey: string }
  /** The storages of a mirror are not the same. */
  | { readonly kind: 'mirror'; readonly gap: MirrorGap }
  /** Somebody is writing, or was stopped. */
  | { readonly kind: 'lock'; readonly lock: HeldLock };

/** The worst first: what somebody may have forged, what is spoiled, what is lost, what nobody could look at, the rest. */
const worstFirst = [
  'SIGNATURE',
  'DAMAGED',
  'FILE_MISSING',
  'STORAGE_DENIED',
  'STORAGE',
  'KEY',
  'MANIFESTS_DIFFER',
  'INCOMPLETE',
] as const satisfies readonly ErrorCode[];

/** The error that a finding amounts to; undefined where the backup is well all the same. */
export function errorOf(finding: Finding): ErrorCode | undefined {
  switch (finding.kind) {
    case 'set-faulty':
      return errorOfFault(finding.fault);
    case 'file-unusable':
      return finding.error;
    case 'files-refused':
      return 'SIGNATURE';
    case 'volume-size':
    case 'volume-faulty':
    case 'signatures-foreign':
    case 'base-foreign':
    case 'index-disagrees':
      return 'DAMAGED';
    case 'sets-locked':
      return 'KEY';
    case 'local-copy':
      return 'MANIFESTS_DIFFER';
    case 'mirror':
      return finding.gap.kind === 'differs' ? 'DAMAGED' : 'INCOMPLETE';
    case 'entries-unusable':
    case 'signatures-missing':
    case 'index-missing':
    case 'future-set':
    case 'several-files':
    case 'set-replaced':
    case 'leftover-part':
    case 'newest-set-gone':
      return 'INCOMPLETE';
    case 'leftovers':
    case 'lock':
      return undefined;
  }
}

function errorOfFault(fault: SetFault): ErrorCode | undefined {
  switch (fault.kind) {
    case 'manifest-missing':
    case 'volumes-missing':
    case 'base-missing':
      return 'FILE_MISSING';
    case 'refused':
      return 'SIGNATURE';
    case 'manifest-damaged':
    case 'volumes-not-named':
      return 'DAMAGED';
    case 'unfinished':
      return undefined;
    case 'base-faulty':
      return worstOf(fault.faults.map(errorOfFault));
  }
}

/** The worst of these errors; undefined where there is none. */
export function worstOf(errors: readonly (ErrorCode | undefined)[]): ErrorCode | undefined {
  const found = new Set(errors.filter((error) => error !== undefined));
  return worstFirst.find((error) => found.has(error)) ?? [...found][0];
}
