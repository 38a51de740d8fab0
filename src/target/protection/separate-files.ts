/**
 * Which stored files count. A chain is as well protected as the best of its files: whoever can write to the storage can
 * put plain files beside encrypted ones, and names alone would not tell them apart. So in a chain that is encrypted only
 * what is encrypted counts, and everything else is set aside before anybody looks at it.
 */
import type { SetTimes, StoredFile } from '../../archive/index.js';
import { formatStamp } from '../../time/index.js';

/** What is known of chains, and what the user wants. */
export interface ProtectionDemands {
  /** Whether this machine has opened an encrypted file of the chain. */
  readonly isKnownEncrypted: (chainKey: string) => boolean;
  /** Whether the chain was written in the clear by this machine. */
  readonly isKnownPlain: (chainKey: string) => boolean;
  /** Whether this machine has opened an encrypted file of any chain of the target. */
  readonly knowsEncrypted: boolean;
  /** Refuse chains that are in the clear (`--require-encryption`). */
  readonly requireEncryption: boolean;
  /** Take everything (`--allow-unprotected`). */
  readonly allowUnprotected: boolean;
}

/** Why a file does not count. */
export type RefusalReason =
  /** Others of its chain are encrypted, or were when this machine saw them. */
  | 'chain-encrypted'
  /** The target was encrypted when this machine saw it. */
  | 'target-encrypted'
  /** `--require-encryption`. */
  | 'encryption-required';

export interface RefusedFile {
  readonly file: StoredFile;
  readonly chainKey: string;
  readonly reason: RefusalReason;
}

export interface SeparatedFiles {
  readonly counted: readonly StoredFile[];
  readonly refused: readonly RefusedFile[];
  /**
   * By the time at which a set ends, the key of its chain: the time in names of its full, or of its oldest set where the
   * full is gone.
   */
  readonly chainKeys: ReadonlyMap<number, string>;
  /** The chains that are in the clear, taken or not. */
  readonly plainChains: ReadonlySet<string>;
  /** Those of which something is encrypted. */
  readonly encryptedChains: ReadonlySet<string>;
}

/** Separates the files that count from those below their chain's protection. Statistics are nobody's truth: they count. */
export function separateFiles(
  files: readonly StoredFile[],
  demands: ProtectionDemands,
): SeparatedFiles {
  // the files of a set share their times, mostly
  const distinct = new Set<SetTimes>();
  for (const { times } of files) distinct.add(times);
  const chainKeys = chainKeysOf([...distinct]);
  const chainOf = ({ times }: StoredFile): string => chainKeys.get(times.endSeconds) ?? '';
  const encryptedChains = new Set<string>();
  for (const file of files) {
    if (matters(file) && file.container === 'gpg') encryptedChains.add(chainOf(file));
  }
  const plainChains = new Set([...chainKeys.values()].filter((key) => !encryptedChains.has(key)));
  const reasons = new Map(
    [...encryptedChains, ...plainChains].map((key) => [
      key,
      reasonToRefuse(key, encryptedChains, demands),
    ]),
  );
  const counted: StoredFile[] = [];
  const refused: RefusedFile[] = [];
  for (const file of files) {
    const chainKey = chainOf(file);
    const reason = matters(file) && file.container !== 'gpg' ? reasons.get(chainKey) : undefined;
    if (reason === undefined) counted.push(file);
    else refused.push({ file, chainKey, reason });
  }
  return { counted, refused, chainKeys, plainChains, encryptedChains };
}

/** Why plain files of a chain are not taken; undefined when they are. */
function reasonToRefuse(
  chainKey: string,
  encryptedChains: ReadonlySet<string>,
  demands: ProtectionDemands,
): RefusalReason | undefined {
  if (demands.allowUnprotected) return undefined;
  if (encryptedChains.has(chainKey) || demands.isKnownEncrypted(chainKey)) return 'chain-encrypted';
  if (demands.requireEncryption) return 'encryption-required';
  return demands.knowsEncrypted && !demands.isKnownPlain(chainKey) ? 'target-encrypted' : undefined;
}

function matters({ kind }: StoredFile): boolean {
  return kind !== 'statistics';
}

/**
 * The chain of each set, by the times in names alone: all sets that lead to each other belong together, also those that
 * another took the place of, for a forged incremental has the times that suit it.
 */
function chainKeysOf(sets: readonly SetTimes[]): Map<number, string> {
  const groups = new TimeGroups();
  for (const times of sets) {
    if (times.kind === 'inc') groups.join(times.startSeconds, times.endSeconds);
  }
  const fulls = new Map<number, number>();
  const oldest = new Map<number, number>();
  for (const { kind, endSeconds } of sets) {
    const group = groups.find(endSeconds);
    const earliest = kind === 'full' ? fulls : oldest;
    earliest.set(group, Math.min(earliest.get(group) ?? endSeconds, endSeconds));
  }
  const keys = new Map<number, string>();
  for (const [group, time] of [...oldest, ...fulls]) keys.set(group, formatStamp(time));
  return new Map(
    sets.map(({ endSeconds }) => [endSeconds, keys.get(groups.find(endSeconds)) ?? '']),
  );
}

/** Times that belong together: a forest of disjoint sets. */
class TimeGroups {
  readonly #parents = new Map<number, number>();

  join(a: number, b: number): void {
    const [first, second] = [this.find(a), this.find(b)];
    if (first !== second) this.#parents.set(second, first);
  }

  /** The time that stands for all of the group. */
  find(time: number): number {
    let root = time;
    for (let next = this.#parents.get(root); next !== undefined; next = this.#parents.get(root)) {
      root = next;
    }
    for (let at = time; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    return root;
  }
}
