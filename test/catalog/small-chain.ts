/** A small chain whose catalog lies beside it. */
import { join } from 'node:path';
import { deleted, file, folder, timesOf, writeSet } from '../support/craft.js';

/** A full of three files and an incremental that changes one and deletes one. */
export function smallChain(home: string): string {
  const target = join(home, 'target');
  const first = [folder(''), file('a', 'first'), file('b', 'bee'), folder('d'), file('d/e', 'x')];
  writeSet(target, { times: timesOf(0), volumes: [first] });
  writeSet(target, {
    times: timesOf(1),
    volumes: [[folder(''), file('a', 'second'), deleted('d'), deleted('d/e')]],
  });
  return target;
}

export const catalogOf = (target: string): string =>
  join(target, '../archive/duplifs-catalog.sqlite');
