/**
 * The archive dir's copy of a manifest must be what lies on the storage: else the signatures beside it may be of
 * another tree than the one that an incremental is laid on (docs/format/1-bytes.md 3.4).
 */
import type { Manifest } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';

/** Throws MANIFESTS_DIFFER unless both name the same host, folder and volumes. */
export function compareManifests(
  local: Manifest,
  stored: Manifest,
  { setKey, archiveFolder }: { readonly setKey: string; readonly archiveFolder: string },
): void {
  const difference = differenceOf(local, stored);
  if (difference === undefined) return;
  throw new DuplifsError(
    'MANIFESTS_DIFFER',
    `The stored manifest of the set ${setKey} is not the one in the archive dir: ${difference}`,
    {
      hint: `Either is damaged or of another backup. Move "${archiveFolder}" aside: it is made again from the storage; if a restore fails then, begin a new chain with "duplifs full"`,
    },
  );
}

function differenceOf(local: Manifest, stored: Manifest): string | undefined {
  if (local.hostname !== stored.hostname) {
    return `it is of the host "${stored.hostname ?? ''}", not "${local.hostname ?? ''}"`;
  }
  if (local.localDir !== stored.localDir) {
    return `it is of the folder "${stored.localDir ?? ''}", not "${local.localDir ?? ''}"`;
  }
  const [here, there] = [local, stored].map(({ volumes }) => volumes.map(({ number }) => number));
  if (String(here) !== String(there)) {
    return `it names ${stored.volumes.length} volumes, not ${local.volumes.length}`;
  }
  for (const [i, { number, hash }] of local.volumes.entries()) {
    const other = stored.volumes[i]?.hash;
    if (hash?.algorithm === other?.algorithm && hash?.hex === other?.hex) continue;
    return `it has another hash for volume ${number}`;
  }
  return undefined;
}
