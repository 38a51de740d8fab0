/** find, history, diff, cat and ls as people use them: what they print, and what they end with. */
import { cp, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { copyOf, lostChain, secondsOf } from '../support/lost-chain.js';
import { once } from '../support/once.js';
import { duplifs, root, run, runOk } from '../support/run.js';
import type { Finished } from '../support/run.js';

const stamp = (day: number): string => `2023111${4 + day}T221320Z`;

/** Three sets of duplifs: a full, an incremental that changes, an incremental that deletes. */
async function smallChain(): Promise<string> {
  return once('queries-chain', async (made) => {
    const source = join(made, 'source');
    const put = async (name: string, content: string, mtime: number): Promise<void> => {
      await writeFile(join(source, name), content);
      await utimes(join(source, name), mtime, mtime);
    };
    const backUp = async (day: number): Promise<void> => {
      const time = String(1_700_000_000 + day * 86_400);
      const args = ['backup', '--no-encryption', '--archive-dir', join(made, 'cache')];
      const { status, stderr } = await duplifs([
        ...args,
        ...['--current-time', time, source, `file://${join(made, 'target')}`],
      ]);
      expect([status, stderr]).toEqual([0, stderr]);
    };
    await mkdir(join(source, 'docs/deep'), { recursive: true });
    await put('docs/report.odt', 'first', 1_690_000_000);
    await put('docs/deep/report.odt', 'x'.repeat(3000), 1_690_000_001);
    await put('gone.txt', 'soon gone', 1_690_000_002);
    await put('esc\x1b[31m', 'red', 1_690_000_003);
    await backUp(0);
    await put('docs/report.odt', 'second!', 1_690_000_010);
    await backUp(1);
    await rm(join(source, 'gone.txt'));
    await backUp(2);
    await mkdir(join(made, 'tree'));
    await cp(source, join(made, 'tree'), { recursive: true, preserveTimestamps: true });
  });
}

describe('queries', () => {
  let folder = '';
  let url = '';
  beforeAll(async () => {
    folder = await smallChain();
    url = `file://${join(folder, 'target')}`;
  }, 300_000);

  const ask = async (...args: string[]): Promise<Finished> =>
    duplifs([...args, '--archive-dir', join(folder, 'cache')]);
  const lines = ({ stdout }: Finished): string[] =>
    stdout.split('\n').filter((line) => line !== '');
  /** The last word of each line. */
  const paths = (done: Finished): string[] =>
    lines(done).map((line) => line.split(' ').at(-1) ?? '');

  it('find shows each version with the sets where it began and ended', async () => {
    const done = await ask('find', url, 'report.odt', 'gone.txt', '--type', 'f');
    expect([done.status, done.stderr]).toEqual([0, '']);
    const begun = lines(done).map((line) => line.split(/ +/).slice(0, 3).join(' '));
    expect(begun).toEqual([
      `${stamp(0)} ${stamp(2)} current`,
      `${stamp(1)} ${stamp(2)} current`,
      `${stamp(0)} ${stamp(0)} replaced`,
      `${stamp(0)} ${stamp(1)} deleted`,
    ]);
    expect(paths(done)).toEqual([
      ...['docs/deep/report.odt', 'docs/report.odt', 'docs/report.odt', 'gone.txt'],
    ]);
  });

  it('find has patterns, regular expressions, sizes, types and times narrow what it shows', async () => {
    const cases: [string[], string[]][] = [
      [['docs/*/report.odt'], ['docs/deep/report.odt']],
      [['/docs/report.odt'], ['docs/report.odt', 'docs/report.odt']],
      [
        ['--path', 'docs/r*'],
        ['docs/report.odt', 'docs/report.odt'],
      ],
      [['--name', 'report.odt', '--size', '+1k'], ['docs/deep/report.odt']],
      [['--name', '*.odt', '--size', '-7'], ['docs/report.odt']],
      [['--size', '7'], ['docs/report.odt']],
      [['--regex', '.*/deep'], ['docs/deep']],
      [['--regex', 'deep|gone\\.txt'], ['gone.txt']],
      [['--deleted'], ['gone.txt']],
      [
        ['--type', 'd', '--path', 'docs*'],
        ['docs', 'docs/deep'],
      ],
      [
        ['--type', 'f', '--changed-since', stamp(0)],
        ['docs/report.odt', 'gone.txt'],
      ],
      [['--type', 'f', '--changed-since', stamp(1)], ['gone.txt']],
    ];
    for (const [args, expected] of cases) {
      const done = await ask('find', url, ...args);
      expect([args, done.status, paths(done)]).toEqual([args, 0, expected]);
    }
  }, 240_000);

  it('find without a match ends with 1, and a pattern that is none with 2', async () => {
    const none = await ask('find', url, 'nothing-like-this');
    expect([none.status, none.stdout, none.stderr]).toEqual([1, '', '']);
    for (const args of [['[z-a]'], ['--regex', '('], ['--type', 'x'], ['--size', 'much']]) {
      expect([args, (await ask('find', url, ...args)).status]).toEqual([args, 2]);
    }
  }, 120_000);

  it('history tells what each set did to the path', async () => {
    const done = await ask('history', url, '/docs/report.odt/');
    expect(done.status).toBe(0);
    expect(lines(done)).toEqual([
      expect.stringMatching(new RegExp(`^${stamp(1)} changed .* 7 .*\\(size, mtime\\)$`)),
      expect.stringMatching(new RegExp(`^${stamp(0)} added .* 5 `)),
    ]);
    const gone = await ask('history', url, 'gone.txt', '--json');
    const rows = lines(gone).map((line) => JSON.parse(line) as { change: string; time: string });
    expect(rows.map(({ change, time }) => [change, time])).toEqual([
      ...[
        ['removed', stamp(2)],
        ['added', stamp(0)],
      ],
    ]);
    expect((await ask('history', url, 'never')).status).toBe(19);
  }, 120_000);

  it('diff compares two times and a folder, in lines, in numbers and as JSON', async () => {
    const done = await ask('diff', url, stamp(0), 'latest', 'docs');
    expect([done.status, lines(done)[0]]).toEqual([0, 'M docs/report.odt (5 -> 7; size, mtime)']);
    const stat = await ask('diff', url, stamp(0), stamp(2), '--stat', '--json');
    expect(JSON.parse(stat.stdout)).toMatchObject({
      removed: { entries: 1, bytesBefore: 9 },
      changed: { entries: 1, bytesBefore: 5, bytesAfter: 7 },
      added: { entries: 0 },
    });
    const live = await ask('diff', url, stamp(1), '--with', join(folder, 'tree'));
    expect(lines(live).filter((line) => !line.startsWith('U'))).toEqual(['- gone.txt (9)']);
    const hidden = join(folder, 'tree/docs/deep/report.odt');
    await writeFile(hidden, 'y'.repeat(3000));
    await utimes(hidden, 1_690_000_001, 1_690_000_001);
    const args = ['diff', url, 'latest', '--with', join(folder, 'tree/docs'), 'docs'];
    const changed = (finished: Finished): string[] =>
      lines(finished).filter((line) => line.startsWith('M'));
    expect(changed(await ask(...args))).toEqual([]);
    expect(changed(await ask(...args, '--compare-data'))).toEqual([
      'M docs/deep/report.odt (3000; data)',
    ]);
    for (const wrong of [[stamp(0)], [stamp(0), stamp(1), 'a', 'b']]) {
      expect((await ask('diff', url, ...wrong)).status).toBe(2);
    }
    expect((await ask('diff', url, stamp(0), stamp(1), 'never')).status).toBe(19);
  }, 240_000);

  it('cat writes the bytes as of a time, and says what has none', async () => {
    expect((await ask('cat', url, 'docs/report.odt')).stdout).toBe('second!');
    expect((await ask('cat', url, 'docs/report.odt', '--time', stamp(0))).stdout).toBe('first');
    const ofFolder = await ask('cat', url, 'docs');
    expect([ofFolder.status, ofFolder.stdout]).toEqual([2, '']);
    expect(ofFolder.stderr).toContain('dump');
    expect((await ask('cat', url, 'gone.txt')).status).toBe(19);
  }, 120_000);

  it('cat and find end quietly when nobody reads on', async () => {
    for (const command of [`cat '${url}' docs/deep/report.odt`, `find '${url}'`]) {
      const line = `'${process.execPath}' bin/duplifs.js ${command} --archive-dir '${folder}/cache' | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
      const done = await run('bash', ['-c', line], { cwd: root });
      expect([command, done.stdout, done.stderr]).toEqual([command, '0\n', '']);
    }
  }, 120_000);

  it('ls --long has modes, owners and sizes', async () => {
    const done = await ask('ls', url, '--long', '--path-to-restore', 'docs/deep');
    expect(done.stdout).toMatch(/^-rw\S+ \S+:\S+ +3000 \w{3} .* docs\/deep\/report\.odt$/m);
  }, 120_000);

  it('names that would steer a terminal are escaped there, and exact elsewhere', async () => {
    const done = await ask('find', url, 'esc*');
    expect(done.stdout).toContain('esc\x1b[31m');
    const command = `'${process.execPath}' bin/duplifs.js find '${url}' 'esc*' --archive-dir '${folder}/cache'`;
    const shown = await runOk('script', ['-qec', command, '/dev/null'], { cwd: root });
    expect(shown).toContain('esc\\x1b[31m');
  }, 120_000);

  it('a broken byte ends cat with a code and a sentence', async () => {
    await withFolder(async (copied) => {
      const target = join(copied, 'target');
      await cp(join(folder, 'target'), target, { recursive: true });
      const full = `duplicity-full.${stamp(0)}.vol1.difftar.gz`;
      const bytes = await readFile(join(target, full));
      bytes.fill(0x55, Math.floor(bytes.length / 2));
      await writeFile(join(target, full), bytes);
      const done = await duplifs(['cat', `file://${target}`, 'docs/deep/report.odt']);
      expect([done.status, done.stdout]).toEqual([21, '']);
      expect(done.stderr).toContain('vol1');
    });
  }, 120_000);
});

describe.skipIf(!canMakeChains)('queries of a chain of which files are lost', () => {
  it('list what is known, and say what is not', { timeout: 240_000 }, async () => {
    const chain = await lostChain();
    await withFolder(async (folder) => {
      const url = `file://${await copyOf(chain, folder, { kind: 'volume', set: 'full' })}`;
      const found = await duplifs(['find', url, 'same', 'big']);
      expect(found.stdout).toMatch(/ same$/m);
      const history = await duplifs(['history', url, 'big']);
      expect(history.status).toBe(1);
      expect(history.stderr).toMatch(/Not all of "big" can be known: Volume 1 of set/);
      const cat = await duplifs(['cat', url, 'big', '--time', String(secondsOf('full'))]);
      expect([cat.status, cat.stderr]).toEqual([24, expect.stringContaining('Volume 1 of set')]);
      const sized = await duplifs(['find', url, 'big', '--size', '1400000']);
      expect([sized.status, sized.stderr]).toEqual([1, expect.stringContaining('"big"')]);
    });
  });

  it('leave out a set whose tree cannot be known, by name', { timeout: 240_000 }, async () => {
    const chain = await lostChain();
    await withFolder(async (folder) => {
      const url = `file://${await copyOf(chain, folder, { kind: 'manifest', set: 'newest' })}`;
      const found = await duplifs(['find', url, 'changed', '--json']);
      expect([found.status, found.stderr]).toEqual([1, expect.stringContaining('is left out')]);
      const rows = found.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { until: { timeSeconds: number } });
      expect(rows[0]?.until.timeSeconds).toBe(secondsOf('middle'));
      expect((await duplifs(['diff', url, String(secondsOf('full')), 'latest'])).status).toBe(1);
    });
  });

  it('end as every reader does where no set is left', { timeout: 240_000 }, async () => {
    const chain = await lostChain();
    await withFolder(async (folder) => {
      const url = `file://${await copyOf(chain, folder, { kind: 'manifest', set: 'full' })}`;
      for (const args of [
        ['find', url],
        ['history', url, 'big'],
        ['cat', url, 'big'],
        ['dump', url],
      ]) {
        const { status, stderr } = await duplifs(args);
        expect([args[0], status, stderr.includes('internal')]).toEqual([args[0], 24, false]);
      }
    });
  });
});
