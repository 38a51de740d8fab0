/** What can be wrong with a set: values, from which wholeness is decided in one place (set-states.ts). */

/** Why a set is not whole. Whoever asks whether a set may be relied on asks whether it has any of these. */
export type SetFault =
  /** No manifest that holds anything is stored, so nobody can tell what the set consists of. */
  | { readonly kind: 'manifest-missing' }
  /** Its manifest is not as well protected as its chain, and does not count (protection/separate-files.ts). */
  | { readonly kind: 'refused' }
  /** The manifest is not one, or ends before its end. */
  | { readonly kind: 'manifest-damaged'; readonly reason: string }
  /** Volumes that are not stored, or of which nothing is left; none is named where all are gone and nothing names them. */
  | { readonly kind: 'volumes-missing'; readonly volumes: readonly number[] }
  /** Volumes are stored behind the last that the manifest names: it may have been cut between two of them. */
  | { readonly kind: 'volumes-not-named'; readonly volumes: readonly number[] }
  /** The run that wrote it has not come to its end: nothing that was complete is lost. */
  | { readonly kind: 'unfinished' }
  /** Nothing is left of the set that it builds on, which ended at this time. */
  | { readonly kind: 'base-missing'; readonly baseSeconds: number }
  /** A set that it builds on is not whole. */
  | {
      readonly kind: 'base-faulty';
      readonly setKey: string;
      /** What is wrong with that set by itself. */
      readonly faults: readonly SetFault[];
    };

/**
 * Whether a set with these faults has a tree that nobody can know. With the others its tree is known, but for what
 * lies in volumes that are missing.
 */
export function isTreeHidden(faults: readonly SetFault[]): boolean {
  return faults.some((fault) => {
    switch (fault.kind) {
      case 'volumes-missing':
        return false;
      case 'base-faulty':
        return isTreeHidden(fault.faults);
      case 'manifest-missing':
      case 'refused':
      case 'manifest-damaged':
      case 'volumes-not-named':
      case 'unfinished':
      case 'base-missing':
        return true;
    }
  });
}

/** Whether the set was never complete, so that passing over it gives nothing less than there was. */
export function wasNeverFinished(faults: readonly SetFault[]): boolean {
  return faults.some(({ kind }) => kind === 'unfinished');
}
