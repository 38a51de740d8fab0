import { isDuplifsError } from '../../base/index.js';
import type { Keyring } from '../../openpgp/index.js';
import type { ChainBase } from '../chain-base.js';
import { manifestFileOf, readStoredManifest } from '../manifests.js';
import type { Target } from '../target.js';
import { compareManifests } from './compare-manifests.js';

/**
 * Compares the archive dir's copy of the base's manifest with the stored one, where that can be opened: who holds
 * only a public key cannot. Nobody is asked for a passphrase for it. `opener` is what opens the chain for
 * certain, if anything does. MANIFESTS_DIFFER when they are not the same.
 */
export async function checkLocalManifest(
  target: Target,
  { base, manifest }: ChainBase,
  opener: Keyring | undefined,
): Promise<void> {
  const keyring = opener ?? target.decode.keyring.withoutAsking();
  let stored;
  try {
    stored = await readStoredManifest(target.openedWith(keyring), manifestFileOf(base), {
      set: base,
    });
  } catch (error) {
    if (opener === undefined && isDuplifsError(error, 'KEY')) return;
    throw error;
  }
  compareManifests(manifest, stored, {
    setKey: base.key,
    archiveFolder: target.archiveFolder,
  });
}
