import type { BackupSet, CollectionWarning, StoredFile } from '../../archive/index.js';
import { plural, setText } from '../../archive/index.js';

/** duplicity's lines for its own warnings; what only duplifs sees is told by formatNote. */
export function formatWarning(warning: CollectionWarning): readonly string[] {
  switch (warning.kind) {
    case 'discarded-set':
      return ['Warning, discarding last backup set, because of missing signature file.'];
    case 'orphaned-signatures': {
      const side = warning.side === 'local' ? 'local' : 'remote';
      const files = plural(warning.files.length, 'file');
      return [
        `Warning, found the following ${side} orphaned signature ${files}:`,
        ...warning.files.map(({ name }) => name),
      ];
    }
    case 'unmatched-signatures':
      return ['Warning, found signatures but no corresponding backup files'];
    case 'incomplete-sets':
      return ['Warning, found incomplete backup sets, probably left from aborted session'];
    case 'orphaned-sets': {
      const files = plural(warning.sets.length, 'file');
      return [
        `Warning, found the following orphaned backup ${files}:`,
        ...warning.sets.map((set) => `[${filesOf(set).join(', ')}]`),
      ];
    }
    case 'partial-set':
    case 'leftover-part':
    case 'ambiguous-names':
      return [];
  }
}

/** What duplifs has to say beyond duplicity's warnings: what a state costs and how to leave it. */
export function formatNote(warning: CollectionWarning): readonly string[] {
  switch (warning.kind) {
    case 'discarded-set':
      return [
        `The ${setText(warning.set)} has no signatures: it can be mounted and restored, but the next ` +
          'incremental builds on the set before it and stores its changes again.',
      ];
    case 'unmatched-signatures':
      return ['No signatures belong to the newest chain: the next backup will be a full one.'];
    case 'partial-set':
      return [
        `The ${setText(warning.set)} is *incomplete*: it was interrupted after ` +
          `${warning.set.volumes.size} stored ${plural(warning.set.volumes.size, 'volume')}. Run the ` +
          'same backup again to finish it, or "duplifs cleanup --force" to remove it.',
      ];
    case 'leftover-part':
      return [
        `The ${setText(warning.set)} is complete, but its leftover "${warning.file.name}" makes every ` +
          'command of duplicity fail; the next backup removes it.',
      ];
    case 'ambiguous-names':
      return [
        `The ${setText(warning.set)} has several files for one purpose, at which duplicity fails: ` +
          `${warning.files.map(({ name }) => `"${name}"`).join(', ')}. The one whose hash the ` +
          'manifest names is used.',
      ];
    case 'orphaned-signatures':
    case 'incomplete-sets':
    case 'orphaned-sets':
      return [];
  }
}

/** The files by which duplicity knows a set: its manifest and then its volumes, by number. */
function filesOf(set: BackupSet): string[] {
  const isManifest = ({ kind, partial }: StoredFile) => kind === 'manifest' && partial;
  const manifests = set.manifests.length > 0 ? set.manifests : set.local.filter(isManifest);
  return [...manifests, ...[...set.volumes.values()].flat()].map(({ name }) => name);
}
