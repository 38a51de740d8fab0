/** The lines of verify, which are duplicity's (docs/format/2-behaviour.md 7.4). */
import { formatLocalTime } from '../time/index.js';
import type { DeviceNumbers, Difference, Rights } from '../verify/index.js';

/** One difference as duplicity prints it. */
export function differenceText(difference: Difference): string {
  return `Difference found: ${sentence(difference)}`;
}

function sentence(difference: Difference): string {
  const name = difference.path === '' ? '.' : difference.path;
  switch (difference.kind) {
    case 'new':
      return `New file ${name}`;
    case 'missing':
      return `File ${name} is missing`;
    case 'data':
      return `Data for file ${name} is different`;
    case 'type':
      return `File ${name} has type ${difference.found}, expected ${difference.expected}`;
    case 'link-target':
      return `Symlink ${name} points to b'${difference.found}', expected b'${difference.expected}'`;
    case 'rights':
      return `File ${name} has permissions ${rights(difference.found)}, expected ${rights(difference.expected)}`;
    case 'device':
      return `Device file ${name} has numbers ${numbers(difference.found)}, expected ${numbers(difference.expected)}`;
    case 'mtime':
      return `File ${name} has mtime ${formatLocalTime(difference.found)}, expected ${formatLocalTime(difference.expected)}`;
  }
}

function rights({ uid, gid, mode }: Rights): string {
  return `${uid}:${gid} ${mode.toString(8)}`;
}

function numbers({ major, minor }: DeviceNumbers): string {
  return `(${major}, ${minor})`;
}
