import { usableSets } from './chains.js';
import type { Chain } from './chains.js';
import type { BackupSet } from './sets.js';
import type { SignatureChain } from './signature-chains.js';

/** The chain that the next incremental continues. */
export interface PrimaryChain {
  /** The chain with the latest end, with all of its sets. */
  readonly chain: Chain;
  /** All signatures of the chain; those up to the base are what an incremental is made against. */
  readonly signatures: SignatureChain;
  /** The newest whole set that has its signatures; undefined when the full itself is partial. */
  readonly base: BackupSet | undefined;
  readonly side: 'local' | 'stored';
  /**
   * The chain's last set when its sigtar is missing. duplicity then ignores the set, even on restore, and
   * continues from the one before; duplifs reads it, and continues from the one before as well.
   */
  readonly discarded: BackupSet | undefined;
}

/**
 * Finds the chain that can be continued: the last one, if a signature chain ends where it ends, or else
 * where its last but one set ends, when that is an incremental (docs/format/2-behaviour.md 1.2). Local
 * signatures are preferred.
 */
export function choosePrimary(
  chains: readonly Chain[],
  signatureChains: {
    readonly local: readonly SignatureChain[];
    readonly stored: readonly SignatureChain[];
  },
): PrimaryChain | undefined {
  const chain = chains.at(-1);
  if (!chain) return undefined;
  const ending = (seconds: number) => {
    for (const side of ['local', 'stored'] as const) {
      const signatures = signatureChains[side].find(({ endSeconds }) => endSeconds === seconds);
      const base = usableSets(chain).findLast(({ times }) => times.endSeconds <= seconds);
      if (signatures) return { chain, signatures, base, side };
    }
    return undefined;
  };

  const whole = ending(chain.endSeconds);
  if (whole) return { ...whole, discarded: undefined };
  const before = chain.sets.at(-2);
  if (before?.times.kind !== 'inc') return undefined;
  const shortened = ending(before.times.endSeconds);
  return shortened && { ...shortened, discarded: chain.sets.at(-1) };
}
