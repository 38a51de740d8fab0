/** What `repair` says of what it would do, does and has done. */
import { plural } from '../archive/index.js';
import type { RepairAction } from '../repair/index.js';

/** A clause: "rebuild the index …". */
export function actionText(action: RepairAction): string {
  switch (action.kind) {
    case 'recover':
      return `make "${action.name}" of set ${action.setKey} whole from its PAR2 files`;
    case 'restore-manifest':
      return `put the manifest "${action.name}" of set ${action.setKey} again, from "${action.local}" in the archive dir, once its volumes were held against it`;
    case 'rebuild-manifest':
      return `rebuild the manifest "${action.name}" of set ${action.setKey} from ${volumes(action.volumes)} and its signatures`;
    case 'rebuild-index':
      return `rebuild the index "${action.name}" of set ${action.setKey} from ${volumes(action.volumes)}`;
    case 'refetch-copy':
      return `fetch "${action.stored}" of set ${action.setKey} into the archive dir again; the copy that is there is kept as "duplifs-replaced.${action.name}"`;
    case 'heal-mirror':
      return `copy ${action.names.length} ${plural(action.names.length, 'file')} of set ${action.setKey} to "${action.member}", which lacks ${action.names.length === 1 ? 'it' : 'them'}`;
    case 'drop-signatures':
      return `remove signatures of which no set is left: ${[...action.stored, ...action.local].map((name) => `"${name}"`).join(', ')}`;
  }
}

function volumes(count: number): string {
  return count === 1 ? 'its volume' : `its ${count} volumes`;
}
