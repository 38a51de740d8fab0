import { setText } from '../../archive/index.js';
import type { Collection } from '../../archive/index.js';
import type { DuplifsError } from '../../base/index.js';
import { describeFaults, wasNeverFinished } from '../../target/index.js';
import type { SetFault, SetState } from '../../target/index.js';

/** More sets than these are counted, not told one by one; `faultySets` of --json has all. */
const mostSets = 100;

/** What collection-status and doctor say of the sets that are not whole: a line for each thing that is lost. */
export function missingTexts(states: readonly SetState[], collection: Collection): string[] {
  const lost = states.filter(({ faults }) => faults.length > 0 && !wasNeverFinished(faults));
  const told = lost.slice(0, mostSets);
  const faulty = told.map((state) => {
    const kind = state.times.kind === 'full' ? 'full' : 'incremental';
    return `The ${kind} set ${state.key} is *incomplete*: ${describeFaults(state.faults)}`;
  });
  const volumes = told.flatMap(({ key, faults }) => faults.flatMap((fault) => lostIn(key, fault)));
  return [...faulty, ...moreText(lost.length), ...volumes, ...signaturesText(collection, states)];
}

function moreText(count: number): string[] {
  const more = count - mostSets;
  if (more <= 0) return [];
  return [`${more} more ${more === 1 ? 'set is' : 'sets are'} *incomplete* (--json names all)`];
}

function lostIn(setKey: string, fault: SetFault): string[] {
  if (fault.kind !== 'volumes-missing') return [];
  return fault.volumes.map(
    (number) => `Volume ${number} of set ${setKey} is missing: what lies in it is lost`,
  );
}

/** Old clean-ups remove the sigtars of older chains; the newest needs its own. */
function signaturesText({ chains }: Collection, states: readonly SetState[]): string[] {
  const known = new Set(states.map(({ key }) => key));
  const without = (chains.at(-1)?.sets ?? []).filter(
    ({ key, complete, signatures }) => complete && known.has(key) && signatures.length === 0,
  );
  const texts = without
    .slice(0, mostSets)
    .map(
      (set) =>
        `The signatures of the ${setText(set)}, ${set.key}, are missing: it is restored from its volumes`,
    );
  const more = without.length - mostSets;
  return more > 0 ? [...texts, `So are those of ${more} more sets`] : texts;
}

/** A set that cannot be opened with what is at hand, so that nobody can tell whether it is whole. */
export interface LockedSet {
  readonly setKey: string;
  readonly reason: DuplifsError;
}

const mostNamed = 10;

/** One sentence for all sets that cannot be opened; none where all can. */
export function lockedTexts(locked: readonly LockedSet[]): string[] {
  const [first] = locked;
  if (first === undefined) return [];
  const names = locked.slice(0, mostNamed).map(({ setKey }) => setKey);
  const more = locked.length > mostNamed ? ` and ${locked.length - mostNamed} more` : '';
  const sets =
    locked.length === 1
      ? `set ${first.setKey} has all its`
      : `the sets ${names.join(', ')}${more} have all their`;
  return [`Whether ${sets} volumes cannot be told: ${first.reason.message}`];
}
