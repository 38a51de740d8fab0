/** A backup whose volumes lie in an archive tier: all is shown, nothing is fetched, and a read says what to restore. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Service, servicesHere } from '../services/service.js';
import { S3Proxy } from '../storage/s3-proxy.js';
import { canMakeChains, differences } from '../support/chains.js';
import { growingTree } from '../support/growing-tree.js';
import type { GrowingTree } from '../support/growing-tree.js';
import { canMount } from '../support/mount-process.js';
import { withMount } from '../support/mounted.js';
import { s3 } from '../support/places.js';
import type { Place } from '../support/places.js';
import { duplifs, run, runOk } from '../support/run.js';

describe.runIf(servicesHere && canMount && canMakeChains)('a backup in an archive tier', () => {
  let swift: Service;
  let proxy: S3Proxy;
  let place: Place;
  let tree: GrowingTree;
  let folder: string;
  const env = (): Record<string, string> => ({ ...place.env, PASSPHRASE: 'of this test' });

  beforeAll(async () => {
    swift = await Service.start('s3-swift');
    proxy = new S3Proxy(swift.get('ENDPOINT'));
    place = s3(swift, await proxy.start());
    tree = await growingTree();
    folder = await mkdtemp(join(inject('runFolder'), 'archived-'));
    const source = join(folder, 'source');
    await tree.become(source, 0);
    const args = ['full', '--volsize', '1', ...place.args, source, place.url];
    const { status, stderr } = await duplifs(args, { env: env() });
    expect(status, stderr).toBe(0);
  });
  afterAll(async () => {
    await proxy.stop();
    await swift.remove();
  });

  it('is shown whole, without one request for a volume; a read fails and names the object', async () => {
    proxy.archived = /\.vol\d+\.difftar/;
    await withMount({ url: place.url, args: place.args, env: env() }, async (mounted) => {
      const listing = await runOk('ls', ['-lR', `${mounted.at('latest')}/`]);
      expect(listing).toContain('image.bin');
      expect(proxy.refused).toEqual([]);
      const { status, stderr } = await run('cat', [mounted.at('latest/text/notes.txt')]);
      expect(status).toBe(1);
      expect(stderr).toContain('Input/output error');
      const [refused = ''] = proxy.refused;
      const name = refused.split('/').at(-1) ?? '';
      expect(name).toMatch(/^duplicity-full\..*\.vol\d+\.difftar\.gpg$/);
      // the kernel asks twice, duplifs only when asked: what is archived does not come back by trying again
      expect(new Set(proxy.refused).size).toBe(1);
      expect(proxy.refused.length).toBeLessThanOrEqual(2);
      await mounted.said(name);
      expect(mounted.log).toContain('must be restored first');

      proxy.archived = undefined; // it was restored
      const latest = (await runOk('realpath', [mounted.at('latest')])).trim();
      expect(await differences(tree.recordings[0] ?? '', latest)).toEqual([]);
    });
  });

  it('restore says which objects it would need, and doctor how many there are', async () => {
    proxy.archived = /\.vol\d+\.difftar/;
    const target = join(folder, 'restored');
    const restored = await duplifs(['restore', ...place.args, place.url, target], { env: env() });
    expect(restored.status).toBe(1);
    expect(restored.stderr).toMatch(/\.vol\d+\.difftar\.gpg.*archive tier/);
    const { stdout } = await duplifs(['doctor', ...place.args, place.url], { env: env() });
    expect(stdout).toMatch(/\b[1-9]\d* of them in an archive tier/);
  });
});
