import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DifftarParser,
  formatManifest,
  parseManifest,
  volumesForEntry,
  volumesForPath,
} from '../../src/archive/index.js';
import type { ManifestVolume } from '../../src/archive/index.js';
import { hasDuplicity, makeChain } from './duplicity.js';
import type { Chain } from './duplicity.js';

describe.runIf(hasDuplicity)("duplicity's manifests", () => {
  let chain: Chain;
  beforeAll(() => {
    chain = makeChain(['--no-encryption', '--no-compression']);
  });
  afterAll(() => {
    chain.remove();
  });

  it('are written by us to the byte', () => {
    const manifests = chain.files(/manifest$/);
    expect(manifests).toHaveLength(2);
    for (const { name, bytes } of manifests) {
      expect(formatManifest(parseManifest(bytes, name)).toString()).toBe(bytes.toString());
    }
  });

  it('lead to the volumes that hold each path', () => {
    let entries = 0;
    for (const { name, bytes } of chain.files(/manifest$/)) {
      const manifest = parseManifest(bytes, name);
      const set = name.replace('manifest', 'vol');
      for (const { number } of manifest.volumes) {
        const [file] = chain.files(new RegExp(`^${set}${number}\\.difftar$`));
        const parser = new DifftarParser(name, {
          entry: ({ path }) => {
            entries += 1;
            expect(numbersOf(volumesForEntry(manifest, path))).toContain(number);
            const folder = path.split('/').slice(0, -1).join('/');
            expect(numbersOf(volumesForPath(manifest, folder))).toContain(number);
          },
          data: () => undefined,
          entryEnd: () => undefined,
          unusable: () => undefined,
        });
        parser.push(file?.bytes ?? Buffer.alloc(1));
        parser.end();
      }
    }
    expect(entries).toBeGreaterThan(30);
  });
});

function numbersOf(volumes: readonly ManifestVolume[]): number[] {
  return volumes.map(({ number }) => number);
}
