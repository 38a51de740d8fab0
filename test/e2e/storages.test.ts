/**
 * A backup and its incremental on a real server of each kind, mounted and restored from there, and by
 * duplicity itself where it can reach the server.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Service, servicesHere } from '../services/service.js';
import { canMakeChains, differences, folderName } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { places } from '../support/places.js';
import type { Place } from '../support/places.js';
import { built, duplifs, runOk } from '../support/run.js';
import { growingTree } from '../support/growing-tree.js';
import { first } from '../support/sampled.js';
import type { GrowingTree } from '../support/growing-tree.js';

/** Those that are tried in `npm test`: each of the others has tests of its server's habits (test/storage). */
const telling = ['S3 (s3://)', 'SSH (sftp://)', 'a mirror of which a part fails (multi://)'];
const others = Object.keys(places).filter((name) => !telling.includes(name));

describe.runIf(servicesHere && canMount && canMakeChains)('a backup on', () => {
  const services = new Map<string, Service>();
  let tree: GrowingTree;
  beforeAll(async () => {
    await built();
    tree = await growingTree();
  });
  afterAll(async () => {
    for (const service of services.values()) await service.remove();
  });
  const serviceOf = async (name: (typeof places)[string]['service']): Promise<Service> => {
    const running = services.get(name ?? '');
    if (running !== undefined) return running;
    const started = await Service.start(name ?? 'sftp');
    services.set(name ?? '', started);
    return started;
  };

  it.each(first(telling.length, [...telling, ...others]))(
    '%s grows, is mounted at both times, and restored',
    { timeout: 120_000 },
    async (name) => {
      const found = places[name];
      if (found === undefined) throw new Error(`There is no place "${name}"`);
      const { service, place: placeOn } = found;
      await withFolder(async (folder) => {
        const server = service === undefined ? undefined : await serviceOf(service);
        const place = await placeOn(folder, server as Service);
        try {
          await roundTrip(folder, place, tree);
        } finally {
          await place.mend?.();
        }
      });
    },
  );
});

async function roundTrip(folder: string, place: Place, tree: GrowingTree): Promise<void> {
  const secrets = [...place.secrets, passphrase];
  const env = { ...place.env, PASSPHRASE: passphrase };
  const said: string[] = [];
  let wanted = 0;
  const run = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await duplifs([...args, ...place.args, '-v9'], { env });
    expect(status, `${args.join(' ')}: ${stderr}`).toBe(wanted);
    said.push(stdout, stderr);
    return stderr;
  };
  const source = join(folder, 'source');
  const ours = ['--archive-dir', join(folder, 'ours'), '--volsize', '1'];
  for (const [generation, time] of tree.times.entries()) {
    await tree.become(source, generation);
    // a mirror that is not whole says so
    wanted = generation > 0 && place.breakPart !== undefined ? 1 : 0;
    const made = await run('backup', ...ours, '--current-time', String(time), source, place.url);
    if (generation === 0) await place.breakPart?.();
    else if (place.breakPart !== undefined) expect(made).toMatch(/Warning: .*1 of 2 mirrors/);
  }

  wanted = 0;
  await withMount({ url: place.url, args: [...place.args, '-v9'], env }, async (mounted) => {
    for (const [generation, time] of tree.times.entries()) {
      const shown = mounted.at('snapshots', folderName(time));
      expect(await differences(tree.recordings[generation] ?? '', shown)).toEqual([]);
    }
    said.push(mounted.log);
  });

  // from the storage alone: nothing of the machine that made it
  const newest = tree.recordings.at(-1) ?? '';
  await run('restore', place.url, join(folder, 'restored'));
  expect(await differences(newest, join(folder, 'restored'))).toEqual([]);
  if (place.duplicity !== undefined) {
    const { url, args } = place.duplicity;
    const theirs = ['--archive-dir', join(folder, 'theirs'), ...args];
    await runOk('duplicity', ['restore', ...theirs, url, join(folder, 'by-duplicity')], { env });
    expect(await differences(newest, join(folder, 'by-duplicity'))).toEqual([]);
  }
  expect(await volumesOfFull(join(folder, 'ours'))).toBeGreaterThan(3);
  for (const secret of secrets) expect(said.join('\n')).not.toContain(secret);
}

const passphrase = 'the passphrase of this test';

/** As the manifest in the archive dir has it. */
async function volumesOfFull(archiveDir: string): Promise<number> {
  const names = await readdir(archiveDir, { recursive: true });
  const manifest = names.find((name) => /duplicity-full\..*\.manifest$/.test(name)) ?? '';
  const text = await readFile(join(archiveDir, manifest), 'utf8');
  return text.split('\n').filter((line) => line.startsWith('Volume ')).length;
}
