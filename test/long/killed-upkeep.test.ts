/**
 * Removals and repairs killed at every call by which they change a file, before and after it: no set looks whole and is
 * not, a second run ends the work, and duplicity restores what stays. DUPLIFS_KILL_STEP leaves calls out.
 */
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { noPrefixes, parseFileName, parseManifest, setKey } from '../../src/archive/index.js';
import { errorText } from '../../src/base/index.js';
import { hasDuplicity } from '../archive/duplicity.js';
import { withFolder } from '../support/folders.js';
import { start } from '../support/interrupt.js';
import type { Stopped } from '../support/interrupt.js';
import { noise } from '../support/noise.js';
import { built, duplifs, root, runOk } from '../support/run.js';

const step = Number(process.env['DUPLIFS_KILL_STEP'] ?? 1);
const preload = `--import=file://${join(root, 'test/support/kill-points.js')}`;
const firstSeconds = 1_700_000_000;

/** What is done to the target before, and what is killed then. */
const jobs: readonly {
  readonly words: readonly string[];
  readonly before?: (target: string, archive: string) => Promise<void>;
}[] = [
  { words: ['remove-all-but-n-full', '1', '--force'] },
  { words: ['remove-all-but-n-full', '2', '--force'], before: loseSet },
  { words: ['remove-all-inc-of-but-n-full', '1', '--force'] },
  { words: ['prune', '--keep-last', '1', '--force'] },
  { words: ['cleanup', '--force'], before: orphan },
  { words: ['repair', '--force'], before: harm },
];

describe.runIf(hasDuplicity)('upkeep that is killed', () => {
  beforeAll(built);

  it.each(jobs)(
    'before or after any change to a file is ended by a second run ($words)',
    async ({ words, before }) => {
      await withFolder(async (folder) => {
        const base = join(folder, 'base');
        await makeBase(base);
        await before?.(join(base, 'target'), join(base, 'archive', 'cache'));
        const counted = await copyTo(base, join(folder, 'counted'));
        const list = join(folder, 'calls.json');
        const whole = await runIn(counted, words, `count ${list}`);
        expect([whole.status, whole.stderr]).toEqual([0, whole.stderr]);
        const wanted = await namesOf(counted);
        const calls = JSON.parse(await readFile(list, 'utf8')) as string[];
        expect(calls.length).toBeGreaterThan(5);
        const failures: string[] = [];
        for (const [i, call] of calls.entries()) {
          if (i % step !== 0) continue;
          for (const when of ['before', 'after']) {
            const place = await copyTo(base, join(folder, 'killed'));
            try {
              expect(await runIn(place, words, `${when} ${i + 1}`)).toMatchObject({ status: null });
              await expectHonest(place);
              const { status, stderr } = await runIn(place, words);
              expect([status, stderr]).toEqual([0, stderr]);
              expect(await namesOf(place)).toEqual(wanted);
              await expectHonest(place);
            } catch (error) {
              failures.push(`killed ${when} ${i + 1} (${call}): ${errorText(error)}`);
            }
          }
        }
        expect(failures).toEqual([]);
        // what is left is the same each time
        for (const by of ['duplicity', 'duplifs']) await expectRestored(counted, by);
      });
    },
  );
});

/** A full with an incremental, twice, a full, and another with an incremental. */
async function makeBase(base: string): Promise<void> {
  const source = join(base, 'source');
  await mkdir(source, { recursive: true });
  for (const [at, verb] of ['full', 'inc', 'full', 'inc', 'full', 'full', 'inc'].entries()) {
    await writeFile(join(source, 'changes'), noise(1_200_000, at));
    await writeFile(join(source, `file-${at}`), `made by run ${at}`);
    const time = ['--current-time', String(firstSeconds + at * 86_400), '--volsize', '1'];
    const made = await duplifs([verb, ...time, ...options(base), source, urlOf(base)]);
    expect([made.status, made.stderr]).toEqual([0, made.stderr]);
  }
}

/** Of the first incremental only the signatures are left. */
async function loseSet(target: string, archive: string): Promise<void> {
  for (const folder of [target, archive]) {
    for (const name of await readdir(folder)) {
      if (name.includes('.to.20231115') && !name.includes('signatures'))
        await rm(join(folder, name));
    }
  }
}

/** An incremental loses its manifest, and a full its whole set but for the sigtar. */
async function orphan(target: string, archive: string): Promise<void> {
  for (const folder of [target, archive]) {
    for (const name of await readdir(folder)) {
      const isManifest = name.includes('.to.20231115') && name.includes('.manifest');
      const isOfFull = name.includes('.20231118T') && !name.includes('signatures');
      if (isManifest || isOfFull) await rm(join(folder, name));
    }
  }
}

/** Two manifests, one of them with its copy, two indexes and a copy of a sigtar are lost or harmed. */
async function harm(target: string, archive: string): Promise<void> {
  const [first = '', second = ''] = (await readdir(target))
    .filter((name) => /^duplicity-full\..*\.manifest$/.test(name))
    .sort();
  await rm(join(target, first));
  await rm(join(target, second));
  await rm(join(archive, second));
  const indexes = (await readdir(target)).filter((name) => name.startsWith('duplifs-index')).sort();
  await writeFile(join(target, indexes.at(-1) ?? ''), 'garbage');
  await rm(join(target, indexes.at(-2) ?? ''));
  const sigtar = (await readdir(archive))
    .filter((name) => name.includes('full-sig'))
    .sort()
    .at(-1);
  await writeFile(join(archive, sigtar ?? ''), 'garbage');
}

const urlOf = (place: string): string => `file://${join(place, 'target')}`;
const options = (place: string): string[] => [
  ...['--no-encryption', '--archive-dir', join(place, 'archive'), '--name', 'cache'],
];

async function copyTo(base: string, place: string): Promise<string> {
  await rm(place, { recursive: true, force: true });
  await cp(base, place, { recursive: true });
  return place;
}

async function runIn(place: string, words: readonly string[], kill?: string): Promise<Stopped> {
  const killing = kill === undefined ? {} : { NODE_OPTIONS: preload, DUPLIFS_TEST_KILL: kill };
  const own = ['--archive-dir', join(place, 'archive'), '--name', 'cache', '--tempdir', place];
  return start([...words, ...own, urlOf(place)], killing).ended;
}

/** What is stored, without what a killed run may leave: its lock, which the next one removes, and files in the making. */
async function namesOf(place: string): Promise<string[]> {
  return (await readdir(join(place, 'target'))).sort();
}

/** Every manifest that is there is whole, and so is the set that it names. */
async function expectHonest(place: string): Promise<void> {
  const target = join(place, 'target');
  const names = await readdir(target);
  const files = names.flatMap((name) => parseFileName(name, { prefixes: noPrefixes }) ?? []);
  for (const { kind, name, times } of files) {
    if (kind !== 'manifest') continue;
    const manifest = parseManifest(await readFile(join(target, name)), name);
    const own = files.filter((file) => setKey(file.times) === setKey(times));
    const volumes = own.filter((file) => file.kind === 'volume').map((file) => file.volumeNumber);
    expect([name, volumes.sort((a, b) => a - b)]).toEqual([
      name,
      manifest.volumes.map(({ number }) => number),
    ]);
  }
}

async function expectRestored(place: string, by: string): Promise<void> {
  const out = join(place, `by-${by}`);
  const words = [
    'restore',
    '--no-encryption',
    '--archive-dir',
    join(place, 'new'),
    urlOf(place),
    out,
  ];
  if (by === 'duplicity') await runOk('duplicity', words);
  else expect(await duplifs(words)).toMatchObject({ status: 0 });
  expect(await runOk('diff', ['-r', join(place, 'source'), out])).toBe('');
}
