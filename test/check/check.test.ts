/** `check` without data: what is wrong with a backup is named, with what to do, and the worst of it is the exit code. */
import { copyFile, readFile, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasDuplicity } from '../archive/duplicity.js';
import { full, inc, signatures } from '../archive/set-names.js';
import { file, folder, writeSet } from '../support/craft.js';
import { withFolder } from '../support/folders.js';
import { lostKinds, lostSets, stampOf, withLoss } from '../support/lost-chain.js';
import { withOwnChain } from '../support/own-chain.js';
import type { OwnPlace } from '../support/own-chain.js';
import { built, duplifs } from '../support/run.js';

beforeAll(built);

interface JsonLine {
  readonly type: 'finding' | 'summary';
  readonly kind?: string;
  readonly setKey?: string;
  readonly advice?: string;
  readonly exitCode: number;
}

const linesOf = (stdout: string): JsonLine[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonLine);

describe.runIf(hasDuplicity)('a backup of duplicity', () => {
  it('is well', async () => {
    await withLoss(undefined, async ({ target, duplifs: run }) => {
      const { status, stdout, stderr } = await run('check', `file://${target}`);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^All is well: all 3 sets are whole \(.*\), as far as can be told/);
    });
  });

  it.each(lostSets.flatMap((set) => lostKinds.map((kind) => ({ set, kind }))))(
    'lacks the $kind of the $set: it is named, and the exit code says that something is missing',
    async (lost) => {
      await withLoss(lost, async ({ target, duplifs: run }) => {
        const { status, stdout } = await run('check', `file://${target}`);
        // restores need no sigtar
        expect([status, stdout]).toEqual([lost.kind === 'sigtar' ? 1 : 24, stdout]);
        expect(stdout).toContain(stampOf(lost.set));
        expect(stdout).toContain('  → ');
        const json = await run('check', `file://${target}`, '--json');
        const lines = linesOf(json.stdout);
        expect(lines.at(-1)).toMatchObject({ type: 'summary', exitCode: status });
        const findings = lines.slice(0, -1);
        expect(findings.length).toBeGreaterThan(0);
        for (const finding of findings) {
          expect(finding).toMatchObject({ type: 'finding' });
          expect(finding.advice).toMatch(/^[A-Z"].{10}/);
        }
      });
    },
  );
});

describe('a backup of duplifs', () => {
  it('is well, and nothing of it is fetched but what is no volume', async () => {
    await withOwnChain({}, async (place) => {
      const { status, stdout, stderr } = await place.run('check', '-v5');
      expect([status, stdout]).toEqual([0, stdout]);
      expect(stdout).toContain('all 3 sets are whole');
      // one read for each manifest, sigtar and index
      expect(stderr).toMatch(/9 reads/);
    });
  });

  const harms: readonly (readonly [string, number, RegExp, (place: OwnPlace) => Promise<void>])[] =
    [
      [
        'a manifest is garbage',
        21,
        /The manifest "duplicity-full.*cannot be used/,
        async ({ target, name }) => {
          await writeFile(join(target, await name(/full\..*\.manifest$/)), 'Volume x\n');
        },
      ],
      [
        'a manifest is cut',
        21,
        /does not name volumes? \d.*may be cut short/,
        async ({ target, name }) => {
          const path = join(target, await name(/full\..*\.manifest$/));
          const text = await readFile(path, 'utf8');
          await writeFile(path, text.slice(0, text.indexOf('Volume 3:')));
        },
      ],
      [
        'a sigtar is damaged',
        21,
        /The file of signatures "duplicity-full-signatures.*cannot be used/,
        async (place) => flip(place, /full-signatures/),
      ],
      [
        'a sigtar is that of another set',
        21,
        /is not the file of signatures that the index/,
        async ({ target, name }) => {
          const [one, other] = [/signatures\..*1114.*\.to\./, /signatures\..*1115T\d+Z\.to\./];
          await rename(join(target, await name(one)), join(target, await name(other)));
        },
      ],
      [
        'an index is damaged',
        21,
        /The index "duplifs-index.*cannot be used/,
        async (place) => flip(place, /index\.20231114T\d+Z\.gz/),
      ],
      [
        'an index is gone that this machine knows of',
        1,
        /The index of set 20231114T221320Z is missing/,
        async ({ target, name }) => {
          await rm(join(target, await name(/index\.20231114T\d+Z\.gz/)));
        },
      ],
      [
        'a volume is cut',
        21,
        /vol2.* has 1000 bytes, and was put with \d/,
        async ({ target, name }) => {
          await truncate(join(target, await name(/full.*vol2/)), 1000);
        },
      ],
      [
        'a volume is empty',
        24,
        /volume 2 is missing/,
        async ({ target, name }) => {
          await truncate(join(target, await name(/full.*vol2/)), 0);
        },
      ],
      [
        'an incremental is laid on another full',
        21,
        /says that set .* was made on set 20231114T221320Z/,
        async ({ target, name }) => {
          const path = join(target, await name(/full\..*\.manifest$/));
          const text = await readFile(path, 'utf8');
          await writeFile(
            path,
            text.replace(/(Hash SHA1 )\w/, (_, start: string) => `${start}0`),
          );
        },
      ],
      [
        'the archive dir has another manifest',
        5,
        /The copy "duplicity-full.*" in the archive dir is not/,
        async ({ archive, target, name }) => {
          const copy = join(archive, await name(/full\..*\.manifest$/));
          const text = await readFile(join(target, await name(/full\..*\.manifest$/)), 'utf8');
          await writeFile(copy, text.replace('Hostname ', 'Hostname x'));
        },
      ],
      [
        'the archive dir has another sigtar',
        5,
        /The copy "duplicity-full-signatures.*" in the archive dir is not/,
        async ({ archive, name }) => {
          const copy = join(archive, await name(/full-signatures/));
          await writeFile(
            copy,
            await readFile(join(archive, await name(/signatures\..*1114.*\.to\./))),
          );
        },
      ],
      [
        'a manifest has two names',
        1,
        /have one purpose, and duplicity fails/,
        async ({ target, name }) => {
          const manifest = await name(/full\..*\.manifest$/);
          await writeFile(join(target, `${manifest}.copy`), await readFile(join(target, manifest)));
        },
      ],
    ];

  it.each(harms)('%s: exit code %i', async (_, code, told, harm) => {
    await withOwnChain({}, async (place) => {
      await harm(place);
      const { status, stdout } = await place.run('check');
      expect([status, stdout]).toEqual([code, stdout]);
      expect(stdout).toMatch(told);
    });
  });

  it('is of the future', async () => {
    await withOwnChain({}, async ({ run }) => {
      const { status, stdout } = await run('check', '--current-time', '1700090000');
      expect([status, stdout]).toEqual([1, stdout]);
      expect(stdout).toContain('The time of set 20231115T221320Z.to.20231116T221320Z has not come');
    });
  });

  it('ends with the worst where several things are wrong', async () => {
    await withOwnChain({}, async (place) => {
      const { target, name, run } = place;
      await rm(join(target, await name(/1115T\d+Z\.to\..*vol1/)));
      await flip(place, /index\.20231114T\d+Z\.gz/);
      const { status, stdout } = await run('check');
      expect([status, stdout]).toEqual([21, stdout]);
      expect(stdout).toMatch(
        /Not all is well: 2 findings, at the worst .*damaged \(exit code 21\)/,
      );
    });
  });
});

describe('an encrypted backup', () => {
  it('is well with its passphrase, and cannot be opened with another', async () => {
    await withOwnChain({ passphrase: 'a pass phrase' }, async ({ run, url, folder: at }) => {
      const { status, stdout } = await run('check');
      expect([status, stdout]).toEqual([0, stdout]);
      const wrong = await duplifs(['check', url, '--archive-dir', join(at, 'other')], {
        env: { PASSPHRASE: 'another' },
      });
      expect([wrong.status, wrong.stdout]).toEqual([31, wrong.stdout]);
      expect(wrong.stdout).toMatch(/^Set 20231114T221320Z and 2 more cannot be opened/);
    });
  });

  it('holds a plain file that somebody has put there', async () => {
    await withOwnChain({ passphrase: 'a pass phrase' }, async ({ run, target }) => {
      const planted = 'duplicity-full.20231114T221320Z.vol9.difftar.gz';
      await writeFile(join(target, planted), 'planted');
      const { status, stdout } = await run('check');
      expect([status, stdout]).toEqual([22, stdout]);
      expect(stdout).toContain(`"${planted}" of set 20231114T221320Z is not used`);
    });
  });

  it('is not signed by whom it must be, nor is one in the clear', async () => {
    await withOwnChain({}, async ({ run }) => {
      const { status, stdout } = await run('check', '--sign-key', '0123456789ABCDEF');
      expect([status, stdout]).toEqual([22, stdout]);
      expect(stdout).toMatch(/"duplicity-full\..*manifest" of set .* is not signed/);
    });
  });

  it('lacks the newest set that this machine has seen', async () => {
    await withOwnChain({ passphrase: 'a pass phrase' }, async ({ run, folder: at }) => {
      for (const name of await readdir(join(at, 'target'))) {
        if (name.includes('.to.20231116')) await rm(join(at, 'target', name));
      }
      const { status, stdout } = await run('check');
      expect([status, stdout]).toEqual([1, stdout]);
      expect(stdout).toMatch(/newest set that this machine has seen, .*1116T221320Z, is no longer/);
    });
  });
});

describe('sets that do not fit together', () => {
  const crafted = async (work: (target: string, url: string) => Promise<void>): Promise<void> => {
    await withFolder(async (root) => {
      const target = join(root, 'target');
      for (const times of [full(0), inc(0, 1), inc(5, 6)]) {
        writeSet(target, { times, volumes: [[folder(''), file('a')]] });
      }
      await work(target, `file://${target}`);
    });
  };

  it('names the set whose base is missing', async () => {
    await crafted(async (_, url) => {
      const { status, stdout } = await duplifs(['check', url]);
      expect([status, stdout]).toEqual([24, stdout]);
      expect(stdout).toMatch(/Of set 20231119T.*which it builds on, is missing/);
    });
  });

  it('names what belongs to no set, which is well all the same', async () => {
    await crafted(async (target, url) => {
      for (const name of await readdir(target)) {
        if (name.includes('.20231119T')) await rm(join(target, name));
      }
      const old = signatures(inc(-3, -2));
      await copyFile(join(target, signatures(inc(0, 1))), join(target, old));
      const { status, stdout } = await duplifs(['check', url]);
      expect([status, stdout]).toEqual([0, stdout]);
      expect(stdout).toContain(`"${old}" on the storage belongs to no set`);
      expect(stdout).toContain('All is well');
    });
  });

  it('are none: exit code 20', async () => {
    await withFolder(async (root) => {
      expect(await duplifs(['check', `file://${root}`])).toMatchObject({ status: 20 });
    });
  });
});

/** Changes a byte in the middle of the file. */
async function flip({ target, name }: OwnPlace, pattern: RegExp): Promise<void> {
  const path = join(target, await name(pattern));
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8((bytes[at] ?? 0) ^ 0x55, at);
  await writeFile(path, bytes);
}
