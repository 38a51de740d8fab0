/** What names and sizes tell of the sets of a target, and what manifests add to it. */
import { describe, expect, it } from 'vitest';
import { formatFileName, noPrefixes, setKey } from '../../src/archive/index.js';
import type { SetTimes, StoredFile } from '../../src/archive/index.js';
import {
  describeFaults,
  isTreeHidden,
  manifestFaults,
  SetStates,
  TargetListing,
} from '../../src/target/index.js';
import * as set from '../archive/set-names.js';
import { full, full1, inc, inc1, inc2, whole, without } from '../archive/set-names.js';

interface Stored {
  readonly local?: readonly string[];
  readonly empty?: readonly string[];
}

const noDemands = {
  isKnownEncrypted: () => false,
  isKnownPlain: () => false,
  knowsEncrypted: false,
  requireEncryption: false,
  allowUnprotected: false,
};

async function statesOf(
  names: readonly string[],
  { local = [], empty = [] }: Stored = {},
): Promise<SetStates> {
  const stored = names.map((name) => ({ name, size: empty.includes(name) ? 0 : 100 }));
  return SetStates.of(await TargetListing.make(stored, local, noPrefixes, { demands: noDemands }));
}

const faultsOf = (states: SetStates, times: SetTimes): string =>
  describeFaults(states.faultsOf(setKey(times)));

const chain = whole(full1, inc1, inc2);
const lock = 'duplifs-lock.0123456789abcdef';

describe('of a chain', () => {
  it('that is whole nothing is wrong', async () => {
    expect((await statesOf(chain)).all().map(({ faults }) => faults)).toEqual([[], [], []]);
  });

  it.each([
    ['is gone', without(chain, set.manifest(inc1)), []],
    ['is empty', chain, [set.manifest(inc1)]],
  ])('whose manifest %s the sets behind it are not whole either', async (_, names, empty) => {
    const states = await statesOf(names, { empty });
    expect(faultsOf(states, full1)).toBe('');
    expect(faultsOf(states, inc1)).toBe('its manifest is missing');
    expect(faultsOf(states, inc2)).toBe(
      `of the set ${setKey(inc1)}, which it builds on, its manifest is missing`,
    );
    expect(isTreeHidden(states.faultsOf(setKey(inc2)))).toBe(true);
  });

  it('a volume between others that is missing is known by the numbers, the last by the manifest', async () => {
    const names = [...without(chain, set.volume(full1)), set.volume(full1, 3)];
    const states = await statesOf(names);
    expect(faultsOf(states, full1)).toBe('volumes 1, 2 are missing');
    expect(isTreeHidden(states.faultsOf(setKey(inc1)))).toBe(false);
    states.note(setKey(full1), [{ kind: 'volumes-missing', volumes: [1, 2, 4] }]);
    expect(faultsOf(states, full1)).toBe('volumes 1, 2, 4 are missing');
    expect(faultsOf(states, inc2)).toContain('volumes 1, 2, 4 are missing');
    states.note(setKey(full1), []);
    expect(faultsOf(states, inc2)).toBe('');
  });

  it('a set that is lost wholly is missing to the one behind it', async () => {
    const states = await statesOf(without(chain, ...whole(inc1)));
    expect(states.all()).toHaveLength(2);
    expect(faultsOf(states, inc2)).toBe(
      'the set of 20231115T221320Z, which it builds on, is missing',
    );
  });

  it.each([
    ['sigtar', set.signatures(inc1)],
    ['index', set.index(inc1)],
  ])('a set of which only the %s is left is still one', async (_, left) => {
    const states = await statesOf([...without(chain, ...whole(inc1)), left]);
    expect(faultsOf(states, inc1)).toBe(
      'its manifest is missing, and all of its volumes are missing',
    );
    expect(faultsOf(states, inc2)).toContain(`of the set ${setKey(inc1)}`);
  });

  it('sigtars that are older than every set are not missed', async () => {
    expect((await statesOf([set.signatures(full(-1)), ...chain])).all()).toHaveLength(3);
    expect((await statesOf([set.signatures(full1)])).all()).toHaveLength(1);
  });
});

describe('a set without its manifest has never been finished', () => {
  const volumes = [...whole(full1), set.volume(inc1)];
  const unfinished = 'the run that wrote it has not come to its end';

  it('when there is a part of its manifest', async () => {
    expect(faultsOf(await statesOf(volumes, { local: [set.partManifest(inc1)] }), inc1)).toBe(
      unfinished,
    );
  });

  it('when somebody holds the lock, and it has not come to its sigtar', async () => {
    expect(faultsOf(await statesOf([...volumes, lock]), inc1)).toBe(unfinished);
    const later = [...volumes, set.signatures(inc1), lock];
    expect(faultsOf(await statesOf(later), inc1)).toBe('its manifest is missing');
  });

  it('when another went on from its base later', async () => {
    expect(faultsOf(await statesOf([...volumes, ...whole(inc(0, 3))]), inc1)).toBe(unfinished);
  });

  it('and else it is lost', async () => {
    expect(faultsOf(await statesOf(volumes), inc1)).toBe('its manifest is missing');
  });
});

describe('a set in the clear in a chain that is encrypted is refused', () => {
  const encrypted = [
    formatFileName({ kind: 'manifest', times: full1, container: 'gpg' }),
    formatFileName({ kind: 'volume', times: full1, volumeNumber: 1, container: 'gpg' }),
  ];
  const refused = 'its manifest is not as well protected as its chain';

  it('whole', async () => {
    const states = await statesOf([...encrypted, ...whole(inc1)]);
    expect(faultsOf(states, full1)).toBe('');
    expect(faultsOf(states, inc1)).toBe(refused);
    expect(isTreeHidden(states.faultsOf(setKey(inc1)))).toBe(true);
  });

  it('with its manifest alone', async () => {
    const volume = formatFileName({
      kind: 'volume',
      times: inc1,
      volumeNumber: 1,
      container: 'gpg',
    });
    const states = await statesOf([...encrypted, volume, set.manifest(inc1)]);
    expect(faultsOf(states, inc1)).toBe(refused);
  });
});

describe('a manifest tells', () => {
  const hash = { algorithm: 'SHA1', hex: '00'.repeat(20) } as const;
  const present = { volumes: new Map([1, 2, 3].map((number) => [number, [{} as StoredFile]])) };

  it('that it was cut, where volumes lie behind its last and nothing closes it', () => {
    const two = [1, 2].map((number) => ({ number, hash }));
    expect(describeFaults(manifestFaults(present, { volumes: two }))).toContain(
      'does not name volume 3, which is stored',
    );
    expect(manifestFaults(present, { volumes: two, isClosed: true })).toEqual([]);
  });

  it.each([
    ['names no volume', []],
    ['ends within its record of volume 2', [{ number: 1, hash }, { number: 2 }]],
    [
      'leaves out volume 2',
      [
        { number: 1, hash },
        { number: 3, hash },
      ],
    ],
  ])('that it %s', (what, named) => {
    expect(describeFaults(manifestFaults(present, { volumes: named }))).toContain(what);
  });
});
