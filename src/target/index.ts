/** One target: its listing, manifests and local copies, locks, proof of keys, and the order in which files come and go. */
export { archiveFolderFor } from './archive-folder.js';
export type { ArchiveFolderOptions } from './archive-folder.js';
export { findChainGaps } from './chain-gaps.js';
export type { ChainGap, ChainToCheck } from './chain-gaps.js';
export { decodeBaseSignatures, openBase } from './chain-base.js';
export type { BaseSignatures, ChainBase } from './chain-base.js';
export type { TargetEvent } from './events.js';
export { localNames, TargetListing } from './listing.js';
export type { ListOptions } from './listing.js';
export { fetchLocalCopy, localSignaturesName, removeUnfinishedCopy } from './local-copies.js';
export { withArchiveLock } from './locks/archive-lock.js';
export { describeLock, lockHint } from './locks/describe-lock.js';
export { heldLocks } from './locks/held-locks.js';
export type { HeldLock } from './locks/held-locks.js';
export { describeHolder } from './locks/lock-holder.js';
export type { LockHolder } from './locks/lock-holder.js';
export { notedLocks } from './locks/noted-locks.js';
export { TargetLock } from './locks/target-lock.js';
export type { TargetLockOptions } from './locks/target-lock.js';
export {
  localManifestName,
  manifestFileOf,
  readLocalManifest,
  readManifest,
  readStoredManifest,
} from './manifests.js';
export { healMirror, mirrorGapsOf } from './mirror/heal-mirror.js';
export type { MirrorGap } from './mirror/compare-mirror.js';
export { putInOrder, removalOrder, removeSetFiles } from './order.js';
export type { PutOrder } from './order.js';
export { checkLocalManifest } from './proof/check-local-manifest.js';
export { newestChains, readersOfSets } from './proof/readers-of-sets.js';
export type { SetReaders } from './proof/readers-of-sets.js';
export { proveRestore } from './proof/prove-restore.js';
export type { ChainProof, ProvenSet } from './proof/prove-restore.js';
export { compareManifests } from './proof/compare-manifests.js';
export { proveReaders } from './proof/prove-readers.js';
export type { ProofOptions } from './proof/prove-readers.js';
export { ForeignIndex } from './protection/foreign-index.js';
export { checkSignaturesDigest, readBinding } from './protection/set-binding.js';
export type { RefusalReason } from './protection/separate-files.js';
export { Trust } from './protection/trust.js';
export type { WrittenProtection } from './protection/trust.js';
export type { TrustPolicy } from './protection/trust-policy.js';
export { digestOf, putFile } from './put-file.js';
export type { FileToPut } from './put-file.js';
export { Target } from './target.js';
export type { TargetPlace } from './place.js';
export type { TargetOptions } from './target.js';
export { VolumeSizes } from './volume-sizes.js';
export { describeFaults } from './wholeness/fault-text.js';
export { manifestFaults } from './wholeness/manifest-faults.js';
export { rebuildManifest } from './wholeness/rebuild-manifest.js';
export { isTreeHidden, wasNeverFinished } from './wholeness/set-fault.js';
export type { SetFault } from './wholeness/set-fault.js';
export { SetStates } from './wholeness/set-states.js';
export type { SetState } from './wholeness/set-states.js';
export { volumeEdge, volumeRecord } from './wholeness/volume-edges.js';
export type { VolumeEdge, VolumeEdges } from './wholeness/volume-edges.js';
