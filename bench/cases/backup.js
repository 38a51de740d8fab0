/**
 * Writing: a full backup of the tree, one more of it with nothing changed and with 500 files changed, and one of a
 * file of 1 GiB of which one per cent has changed. Each run begins from the same state.
 */
import { closeSync, openSync, readFileSync, utimesSync, writeSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { contest } from '../support/contest.js';
import { runScript } from '../support/process.js';
import { inScratch } from '../support/scratch.js';
import { generator } from '../support/tree.js';
import { writers } from '../support/writers.js';

const changedFiles = 500;
const changedShare = 0.01;
const changedRunBytes = 65536;
const memoryTarget = { metric: 'peakMegabytes', atMost: 300 };

/** @param {import('../run.js').Context} context */
export async function full(context) {
  return [
    await contestOfFull(context, [
      { metric: 'seconds', against: 'duplicity', atMost: 1 / 4 },
      { metric: 'seconds', against: 'restic', atMost: 1.3 },
      memoryTarget,
    ]),
  ];
}

/**
 * @param {import('../run.js').Context} context
 * @param {import('../support/contest.js').Target[]} targets
 */
export async function contestOfFull({ restorers, source, runs }, targets) {
  const folder = await source('tree');
  const contestants = Object.fromEntries(
    restorers.map(({ name }) => [
      name,
      async () =>
        inScratch('write', async (place) => measured(writers[name], 'full', folder, place)),
    ]),
  );
  return contest('full backup', contestants, { runs, targets });
}

/** @param {import('../run.js').Context} context */
export async function incremental(context) {
  const target = { metric: 'seconds', against: 'duplicity', atMost: 1 / 3 };
  const targets = [target, memoryTarget];
  return contestsOfIncrementals(context, { unchanged: targets, few: targets, large: targets });
}

/**
 * @param {import('../run.js').Context} context
 * @param {Record<'unchanged' | 'few' | 'large', import('../support/contest.js').Target[]>} targets
 * @param {(source: string) => Record<string, () => Promise<import('../support/contest.js').Sample>>} [others]
 *   who takes part besides where nothing has changed
 */
export async function contestsOfIncrementals(context, targets, others = () => ({})) {
  const { restorers, source, runs } = context;
  const tree = await source('tree');
  const large = await source('large');
  return inScratch('write', async (scratch) => [
    ...(await onTopOf({ restorers, original: tree, scratch: join(scratch, 'tree'), runs }, [
      { what: 'nothing changed', change: () => undefined, targets: targets.unchanged, others },
      { what: `${changedFiles} files changed`, change: changeFiles, targets: targets.few },
    ])),
    ...(await onTopOf({ restorers, original: large, scratch: join(scratch, 'large'), runs }, [
      { what: '1 % of a large file changed', change: changeLargeFile, targets: targets.large },
    ])),
  ]);
}

/** One contest for each change to the source; every program has made a full backup of it as it was. */
async function onTopOf({ restorers, original, scratch, runs }, changes) {
  const source = join(scratch, 'source');
  await mkdir(scratch);
  await runScript(`cp -a '${original}' '${source}'`);
  const bases = {};
  for (const { name } of restorers) {
    bases[name] = join(scratch, name);
    await mkdir(bases[name]);
    await measured(writers[name], 'full', source, bases[name]);
  }
  await setTimeout(2000); // what changes within the second of a backup cannot be seen by its time
  const results = [];
  for (const { what, change, targets, others = () => ({}) } of changes) {
    await change(source);
    const contestants = Object.fromEntries(
      restorers.map(({ name }) => [
        name,
        async () => {
          // in the same place, for programs keep caches by path
          const kept = `${bases[name]}-kept`;
          await runScript(`rm -rf '${kept}' && cp -a '${bases[name]}' '${kept}'`);
          try {
            return await measured(writers[name], 'again', source, bases[name]);
          } finally {
            await runScript(`rm -rf '${bases[name]}' && mv '${kept}' '${bases[name]}'`);
          }
        },
      ]),
    );
    const all = { ...contestants, ...others(source) };
    results.push(await contest(`incremental, ${what}`, all, { runs, targets }));
  }
  await rm(scratch, { recursive: true });
  return results;
}

async function measured(writer, verb, source, place) {
  const { seconds, cpuSeconds, stdout } = await runScript(writer[verb](source, place), {
    env: writer.env(place),
  });
  const { stdout: stored } = await runScript(`du -sb '${place}' | cut -f 1`);
  return {
    seconds,
    clientCpuSeconds: cpuSeconds,
    peakMegabytes: (Number(stdout.trim().split('\n').at(-1)) * 1024) / 1e6,
    storedMegabytes: Number(stored) / 1e6,
  };
}

/** Changes some bytes in the middle of files that are chosen by a seed. */
async function changeFiles(source) {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const random = generator(3);
  for (let i = 0; i < Math.min(changedFiles, files.length / 2); i += 1) {
    const at = Math.floor(random() * files.length);
    const [path] = files.splice(at, 1);
    overwrite(path, Math.floor(readFileSync(path).length / 2), Buffer.from(`changed ${i}\n`));
  }
}

/** Changes runs of 64 KiB all over the large file. */
async function changeLargeFile(source) {
  const path = join(source, 'large.bin');
  const { length } = readFileSync(path);
  const runs = Math.ceil((length * changedShare) / changedRunBytes);
  const random = generator(4);
  for (let i = 0; i < runs; i += 1) {
    const bytes = Buffer.from(Uint8Array.from({ length: changedRunBytes }, () => random() * 256));
    overwrite(path, Math.floor(((i + random()) / (runs + 1)) * length), bytes);
  }
}

function overwrite(path, position, bytes) {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
  const now = Date.now() / 1000;
  utimesSync(path, now, now);
}
