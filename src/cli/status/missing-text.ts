import type { MissingVolume } from '../../repository/index.js';

/** What collection-status and doctor say of a volume that is missing, or of which that cannot be told. */
export function missingVolumeText(one: MissingVolume): string {
  if (one.kind === 'all-missing') {
    return `Set ${one.setKey} has no volume on the storage: all that it holds is lost`;
  }
  return one.kind === 'missing'
    ? `Volume ${one.volume} of set ${one.setKey} is missing: what lies in it is lost`
    : `Whether set ${one.setKey} has all its volumes cannot be told: ${one.reason.message}`;
}
