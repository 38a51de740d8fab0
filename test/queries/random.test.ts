/** find, history, diff, cat and dump over random chains, against every tree restored by duplicity. */
import { randomInt } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeName } from '../../src/base/index.js';
import { canMakeChains } from '../support/chains.js';
import { withFolder } from '../support/folders.js';
import { duplifs, duplifsScript, built, shell } from '../support/run.js';
import { expectedChanges, expectedVersions } from './expected.js';
import { recordedChain, treeIn } from './recorded-trees.js';
import type { RecordedChain, Recorded, Tree } from './recorded-trees.js';
import { first } from '../support/sampled.js';

/** By duplifs, by duplicity, and both; with more than one full. */
const kinds = ['UudDu', 'UuuUu', 'DddDd'];
const seed = Number(process.env['DUPLIFS_SEED'] ?? randomInt(1_000_000));

interface Row {
  readonly path: string;
  readonly pathBase64?: string;
  readonly [key: string]: unknown;
}

describe.skipIf(!canMakeChains)(`random chains (DUPLIFS_SEED=${seed})`, () => {
  it.each(first(1, kinds))(
    'say of %s what its restored trees say',
    { timeout: 600_000 },
    async (writers) => {
      await withFolder(async (folder) => {
        const chain = await recordedChain(folder, writers, seed);
        const command = new Commands(chain, join(folder, 'archive'));
        await expectVersions(chain, command);
        await expectHistories(chain, command);
        await expectChanges(chain, command);
        await expectBytes(chain, command);
        await expectArchives(chain, command, folder);
      });
    },
  );
});

/** duplifs with the chain's own caches. */
class Commands {
  readonly #args: readonly string[];

  constructor({ url }: RecordedChain, archive: string) {
    this.#args = ['--archive-dir', archive, '--numeric-owner', url];
  }

  async rows(command: string, args: readonly string[], status = 0): Promise<Row[]> {
    const { stdout } = await this.run([command, '--json'], args, status);
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Row);
  }

  async run(
    command: readonly string[],
    args: readonly string[],
    status = 0,
  ): Promise<{ readonly stdout: string }> {
    const done = await duplifs([...command, ...this.#args, ...args], { encoding: 'latin1' });
    expect([args, done.status, done.stderr]).toEqual([args, status, done.stderr]);
    return { stdout: Buffer.from(done.stdout, 'latin1').toString('utf8') };
  }

  /** The program and its arguments as a line of shell. */
  line(command: readonly string[], args: readonly string[]): string {
    const words = [process.execPath, duplifsScript, ...command, ...this.#args, ...args];
    return words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  }
}

function pathOf({ path, pathBase64 }: Row): string {
  return pathBase64 === undefined ? path : decodeName(Buffer.from(pathBase64, 'base64'));
}

async function expectVersions({ sets }: RecordedChain, command: Commands): Promise<void> {
  const rows = (await command.rows('find', [])).filter((row) => row.path !== '');
  const shown = rows.map((row) => {
    const { from, until } = row as unknown as Record<'from' | 'until', { timeSeconds: number }>;
    return [pathOf(row), from.timeSeconds, until.timeSeconds, row['state'], ...factsOf(row)];
  });
  const versions = expectedVersions(sets);
  for (const row of rows.filter(({ type }) => type === 'reg')) {
    const { timeSeconds } = row['from'] as { timeSeconds: number };
    const same = versions.find(({ path, from }) => path === pathOf(row) && from === timeSeconds);
    const size = same?.recorded.size ?? -1;
    // duplicity's sets tell an upper bound at first
    if (row['size'] === null) expect(row['sizeLimit']).toBeGreaterThanOrEqual(size);
    else expect([pathOf(row), row['size']]).toEqual([pathOf(row), size]);
  }
  const expected = versions.map(({ path, from, until, state, recorded }) => [
    ...[path, from, until, state],
    ...factsOfRecorded(recorded),
  ]);
  expect(shown.sort(byText)).toEqual(expected.sort(byText));
  // newest first
  for (const [at, row] of rows.entries()) {
    const next = rows[at + 1];
    if (next === undefined || pathOf(next) !== pathOf(row)) continue;
    const seconds = (one: Row): number => (one['from'] as { timeSeconds: number }).timeSeconds;
    expect(seconds(next)).toBeLessThan(seconds(row));
  }
  const newest = sets.at(-1)?.tree;
  const paths = versions.map(({ path }) => path);
  const gone = new Set(paths.filter((path) => newest?.has(path) !== true));
  const deleted = await command.rows('find', ['--deleted'], gone.size === 0 ? 1 : 0);
  expect(new Set(deleted.map(pathOf))).toEqual(gone);
}

async function expectHistories({ sets }: RecordedChain, command: Commands): Promise<void> {
  const versions = expectedVersions(sets);
  const paths = [
    ...new Set(versions.filter(({ state }) => state !== 'current').map(({ path }) => path)),
  ];
  for (const path of paths.filter(isArgument).slice(0, 4)) {
    const events = await command.rows('history', [path]);
    const own = versions.filter((version) => version.path === path);
    const shown = events.filter((event) => event['change'] !== 'removed');
    expect(
      shown.map((event) => [event['timeSeconds'], event['type'], event['size'] ?? undefined]),
    ).toEqual(own.map(({ from, recorded }) => [from, recorded.type, recorded.size]));
    const removals = own.filter(({ state }) => state === 'deleted').length;
    expect(events.length - shown.length).toBe(removals);
  }
  await command.run(['history'], ['no such path'], 19);
}

async function expectChanges({ sets }: RecordedChain, command: Commands): Promise<void> {
  const pairs = [
    [0, 1],
    [1, 4],
    [4, 2],
  ] as const;
  for (const [a, b] of pairs) {
    const [before, after] = [sets[a], sets[b]];
    if (before === undefined || after === undefined) throw new Error('no such set');
    const times = [String(before.seconds), String(after.seconds)];
    for (const comparesData of [false, true]) {
      const args = comparesData ? ['--compare-data'] : [];
      const expected = (linksByTarget: boolean): Map<string, string> =>
        expectedChanges(before.tree, after.tree, { comparesData, linksByTarget });
      expectRows(await command.rows('diff', [...times, ...args]), expected(false));
      const live = [times[0] ?? '', '--with', after.folder, ...args];
      expectRows(await command.rows('diff', live), expected(true));
    }
  }
}

function expectRows(rows: readonly Row[], expected: Map<string, string>): void {
  const sizeOf = (row: Row, side: string): unknown =>
    (row[side] as { size?: number | null } | undefined)?.size;
  // of duplicity's sets not all sizes are known without a look into volumes
  const unknown = new Set(
    rows
      .filter((row) => sizeOf(row, 'before') === null || sizeOf(row, 'after') === null)
      .map(pathOf),
  );
  const known = new Map(
    [...expected].map(([path, change]) => [
      path,
      unknown.has(path) ? change.replace(/ size$/, '') : change,
    ]),
  );
  expect(changesOf(rows)).toEqual(known);
}

/** Without the root, which the trees leave out, and what duplicity does not restore of links. */
function changesOf(rows: readonly Row[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of rows) {
    if (row.path === '') continue;
    const isLink = (row['after'] as { type?: string } | undefined)?.type === 'sym';
    const fields = (row['fields'] as string[]).filter(
      (field) => !isLink || (field !== 'mtime' && field !== 'mode'),
    );
    const isCompared = row['change'] === 'changed' || row['change'] === 'metadata';
    if (isCompared && fields.length === 0) continue;
    found.set(pathOf(row), [row['change'], ...fields.sort()].join(' '));
  }
  return found;
}

async function expectBytes({ sets }: RecordedChain, command: Commands): Promise<void> {
  for (const { seconds, tree } of sets.slice(1, 4)) {
    const files = [...tree].filter(([path, { type }]) => type === 'reg' && isArgument(path));
    for (const [path, { sha256 }] of files.slice(0, 3)) {
      const line = command.line(['cat'], ['--time', String(seconds), path]);
      const bytes = await shell(`${line} | sha256sum`, '/');
      expect([path, bytes.slice(0, 64)]).toEqual([path, sha256]);
    }
  }
}

async function expectArchives(
  { sets }: RecordedChain,
  command: Commands,
  folder: string,
): Promise<void> {
  await built();
  for (const { seconds, tree } of sets) {
    const time = ['--time', String(seconds)];
    for (const unpack of [
      'tar -x --same-owner -p --warning=no-unknown-keyword',
      'bsdtar -x -p -f -',
    ]) {
      const out = join(folder, 'out');
      mkdirSync(out);
      await shell(`${command.line(['dump'], time)} | ${unpack}`, out);
      expect(asRestored(treeIn(out))).toEqual(asRestored(tree));
      rmSync(out, { recursive: true });
    }
  }
}

function asRestored(tree: Tree): Map<string, Recorded> {
  return new Map(
    [...tree].map(([path, recorded]) => [
      path,
      recorded.type === 'sym' ? { ...recorded, mtime: 0 } : recorded,
    ]),
  );
}

function factsOf(row: Row): unknown[] {
  const { type, mode, uid, gid, mtime, linkTarget } = row;
  const isLink = type === 'sym';
  return [type, isLink ? '' : mode, uid, gid, isLink ? '' : mtime, linkTarget];
}

function factsOfRecorded({ type, mode, uid, gid, mtime, link }: Recorded): unknown[] {
  const isLink = type === 'sym';
  const octal = mode.toString(8).padStart(4, '0');
  return [type, isLink ? '' : octal, uid, gid, isLink ? '' : mtime, link];
}

function byText(a: unknown[], b: unknown[]): number {
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Whether Node.js hands it over to a program as it is. */
function isArgument(path: string): boolean {
  return path.isWellFormed() && !path.startsWith('-');
}
