import { setText } from '../../archive/index.js';
import type { Collection } from '../../archive/index.js';
import { describeFaults, wasNeverFinished } from '../../target/index.js';
import type { SetFault, SetState } from '../../target/index.js';

/** What collection-status and doctor say of the sets that are not whole: a line for each thing that is lost. */
export function missingTexts(states: readonly SetState[], collection: Collection): string[] {
  const lost = states.filter(({ faults }) => faults.length > 0 && !wasNeverFinished(faults));
  const faulty = lost.map((state) => {
    const kind = state.times.kind === 'full' ? 'full' : 'incremental';
    return `The ${kind} set ${state.key} is *incomplete*: ${describeFaults(state.faults)}`;
  });
  const volumes = lost.flatMap(({ key, faults }) => faults.flatMap((fault) => lostIn(key, fault)));
  return [...faulty, ...volumes, ...signaturesText(collection, states)];
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
  return (chains.at(-1)?.sets ?? [])
    .filter(
      ({ key, complete, signatures }) => complete && known.has(key) && signatures.length === 0,
    )
    .map(
      (set) => `The signatures of the ${setText(set)} are missing: it is restored from its volumes`,
    );
}
