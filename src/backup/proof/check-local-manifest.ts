import { isDuplifsError } from '../../base/index.js';
import type { Keyring } from '../../openpgp/index.js';
import type { DecodeOptions } from '../../volume/index.js';
import { manifestOf, readStoredManifest } from '../previous/chain-base.js';
import type { ChainBase } from '../previous/chain-base.js';
import { compareManifests } from './compare-manifests.js';
import type { BackupOptions } from '../options.js';

/**
 * Compares the archive dir's copy of the base's manifest with the stored one, where that can be opened: who holds
 * only a public key cannot. Nobody is asked for a passphrase for it. `opener` is what opens the chain for
 * certain, if anything does. MANIFESTS_DIFFER when they are not the same.
 */
export async function checkLocalManifest(
  { base, manifest }: ChainBase,
  opener: Keyring | undefined,
  { storage, decode, archiveFolder }: Pick<BackupOptions, 'storage' | 'decode' | 'archiveFolder'>,
): Promise<void> {
  const keyring = opener ?? decode.keyring.withoutAsking();
  const quiet: DecodeOptions = { ...decode, keyring };
  let stored;
  try {
    stored = await readStoredManifest(manifestOf(base), { storage, decode: quiet });
  } catch (error) {
    if (opener === undefined && isDuplifsError(error, 'KEY')) return;
    throw error;
  }
  compareManifests(manifest, stored, { setKey: base.key, archiveFolder });
}
