import { formatStamp } from '../../time/index.js';
import type { SetFault } from './set-fault.js';

/** More numbers than these are counted, not told. */
const mostNumbers = 5;

/** What is wrong with a set, as part of a sentence: "its manifest is missing, and so are volumes 2 and 3". */
export function describeFaults(faults: readonly SetFault[]): string {
  return faults.map(describeFault).join(', and ');
}

function describeFault(fault: SetFault): string {
  switch (fault.kind) {
    case 'manifest-missing':
      return 'its manifest is missing';
    case 'refused':
      return 'its manifest is not as well protected as its chain';
    case 'manifest-damaged':
      return `its manifest cannot be used (${fault.reason})`;
    case 'volumes-missing':
      return fault.volumes.length === 0
        ? 'all of its volumes are missing'
        : `${volumesText(fault.volumes)} ${isOrAre(fault.volumes)} missing`;
    case 'volumes-not-named':
      return `its manifest does not name ${volumesText(fault.volumes)}, which ${isOrAre(fault.volumes)} stored, and may be cut short`;
    case 'unfinished':
      return 'the run that wrote it has not come to its end';
    case 'base-missing':
      return `the set of ${formatStamp(fault.baseSeconds)}, which it builds on, is missing`;
    case 'base-faulty':
      return `of the set ${fault.setKey}, which it builds on, ${describeFaults(fault.faults)}`;
  }
}

function volumesText(numbers: readonly number[]): string {
  const shown = numbers.slice(0, mostNumbers);
  const more = numbers.length - shown.length;
  const list = shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `${numbers.length === 1 ? 'volume' : 'volumes'} ${list}`;
}

function isOrAre(numbers: readonly number[]): string {
  return numbers.length === 1 ? 'is' : 'are';
}
