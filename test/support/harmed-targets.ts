/**
 * Small chains in which one stored file after the other is lost, cut, exchanged or forged, and what every command must
 * then do: give the right bytes, or end with a code that is not 0 and name what is wrong.
 */
import { existsSync } from 'node:fs';
import { copyFile, cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { file, firstSeconds, folder, timesOf, writeSet } from './craft.js';
import { madeChain } from './harmed-chains.js';
import type { Keys } from './harmed-chains.js';
import { Mounted } from './mounted.js';
import { noise } from './noise.js';
import { duplifs, run, runOk } from './run.js';
import type { Finished } from './run.js';

export const protections = ['passphrase', 'public key', 'signed', 'plain'] as const;
export const writers = ['ddd', 'uuu', 'udu'] as const;
export const harms = ['lost', 'truncated', 'older', 'foreign', 'forged', 'duplicated'] as const;
export const commands = ['restore', 'ls', 'mount', 'status', 'verify', 'backup'] as const;
export const fileKinds = ['manifest', 'sigtar', 'volume', 'index'] as const;
export const ages = [0, 1, 2] as const;

export interface Cell {
  readonly protection: (typeof protections)[number];
  /** Who wrote the full and the two incrementals: duplicity (d) or duplifs (u). */
  readonly writer: (typeof writers)[number];
  readonly harm: (typeof harms)[number];
  /** Of which set, by its number, and which file of it. */
  readonly age: (typeof ages)[number];
  readonly kind: (typeof fileKinds)[number];
  readonly command: (typeof commands)[number];
  /** Whether a restore has filled the caches before the harm. */
  readonly caches: 'fresh' | 'used';
}

/** All cells; some name a file that a chain does not have. */
export function allCells(): Cell[] {
  return protections.flatMap((protection) =>
    writers.flatMap((writer) =>
      harms.flatMap((harm) =>
        ages.flatMap((age) =>
          fileKinds.flatMap((kind) =>
            commands.flatMap((command) =>
              (['fresh', 'used'] as const).map((caches) => ({
                protection,
                writer,
                harm,
                age,
                kind,
                command,
                caches,
              })),
            ),
          ),
        ),
      ),
    ),
  );
}

export function cellText(cell: Cell): string {
  const { protection, writer, harm, age, kind, command, caches } = cell;
  return `${command}, ${kind} of set ${age} ${harm}, ${protection} ${writer}, ${caches} caches`;
}

const day = 86_400;

/**
 * What is wrong with what a command has done in the cell; undefined when nothing is, or the cell does not exist. The
 * cells of a chain are to be tried one after the other, in the same folder of the same one.
 */
export async function problemOf(cell: Cell, work: string): Promise<string | undefined> {
  const { root, keys } = await madeChain(cell.protection, cell.writer, 'own');
  const target = join(work, 'target');
  const caches = join(work, 'caches');
  await cp(join(root, 'target'), target, { recursive: true, preserveTimestamps: true });
  const place: Place = { work, target, caches, source: join(root, 'source'), keys };
  // caches are kept by the target's URL, so those of a chain serve all its cells in the same folder
  const used = join(work, '..', 'used');
  if (!existsSync(used)) {
    const filled = await restore(place, 'before');
    if (filled.status !== 0) return `the healthy chain cannot be restored: ${filled.stderr}`;
    await rename(caches, used);
  }
  const harmed = await harm(cell, target);
  if (harmed === undefined) return undefined;
  if (cell.caches === 'used') {
    await cp(used, caches, { recursive: true, preserveTimestamps: true });
  }
  return judge(await act(cell.command, place), harmed);
}

interface Place {
  readonly work: string;
  readonly target: string;
  readonly caches: string;
  readonly source: string;
  readonly keys: Keys;
}

interface Outcome extends Finished {
  /** Whether what was given is what it must be. */
  readonly isRight: boolean;
}

/** Bytes that are right, or an end that is not 0 and says of which file or set. */
function judge({ status, stderr, stdout, isRight }: Outcome, harmed: Harmed): string | undefined {
  if (/internal error|^\s+at .*\(|Unhandled/m.test(stderr)) return `a stack: ${stderr}`;
  if (status === 0) return isRight ? undefined : `wrong, with exit code 0: ${stderr}${stdout}`;
  const said = `${stderr}\n${stdout}`;
  const isNamed = harmed.words.some((word) => said.includes(word));
  return isNamed ? undefined : `exit code ${status}, and does not say of what: ${stderr}`;
}

async function act(command: Cell['command'], place: Place): Promise<Outcome> {
  switch (command) {
    case 'restore':
      return restore(place, 'out');
    case 'ls': {
      const ended = await duplifsIn(place, ['ls'], []);
      const names = ended.stdout
        .split('\n')
        .filter((line) => /^\w{3} \w{3} .\d /.test(line))
        .map((line) => line.slice(25))
        .join('\n');
      const right = (await runOk('find', ['.'], { cwd: place.source }))
        .trim()
        .split('\n')
        .map((name) => name.replace(/^\.\//, ''))
        .toSorted()
        .join('\n');
      return { ...ended, isRight: names.split('\n').toSorted().join('\n') === right };
    }
    case 'status':
      return { ...(await duplifsIn(place, ['collection-status'], [])), isRight: true };
    case 'verify': {
      const ended = await duplifsIn(place, ['verify'], [place.source]);
      const isRight = ended.status !== 0 || (await restore(place, 'verified')).isRight;
      return { ...ended, isRight };
    }
    case 'mount':
      return mounted(place);
    case 'backup':
      return backedUp(place);
  }
}

/** One more incremental: a restore of it gives the new source, or fails aloud. */
async function backedUp(place: Place): Promise<Outcome> {
  const source = join(place.work, 'changed');
  await cp(place.source, source, { recursive: true, preserveTimestamps: true });
  await writeFile(join(source, 'a'), noise(30_000, 77));
  const time = ['--current-time', String(firstSeconds + 3 * day), '--allow-source-mismatch'];
  const words = ['backup', ...time, ...place.keys.write, '--archive-dir', place.caches];
  const ended = await duplifs([...words, source, `file://${place.target}`], {
    env: place.keys.env,
  });
  if (ended.status !== 0) return { ...ended, isRight: false };
  const fresh = { ...place, caches: join(place.work, 'others'), source };
  const restored = await restore(fresh, 'out');
  return { ...ended, isRight: restored.isRight || restored.status !== 0 };
}

async function mounted(place: Place): Promise<Outcome> {
  const { keys, target, caches } = place;
  const args = [...keys.read, '--archive-dir', caches];
  let mount: Mounted | undefined;
  try {
    mount = await Mounted.start({ url: `file://${target}`, args, env: keys.env });
    const compared = await run('diff', ['-r', place.source, mount.at('latest')], {});
    const isRight = compared.status === 0;
    const log = `${mount.log}\n${compared.stdout}${compared.stderr}`;
    // a program that reads a mount sees errors, or a name that says what is missing
    const isSaid = /Input\/output error|incomplete|Warning/.test(log);
    return { status: isRight || !isSaid ? 0 : 1, stdout: '', stderr: log, isRight };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { status: 1, stdout: '', stderr: text, isRight: false };
  } finally {
    await mount?.stop().catch(() => undefined);
  }
}

async function restore(place: Place, name: string): Promise<Outcome> {
  const out = join(place.work, name);
  const ended = await duplifsIn(place, ['restore'], [out]);
  const compared = await run('diff', ['-r', '--no-dereference', place.source, out], {});
  return { ...ended, isRight: compared.status === 0 };
}

async function duplifsIn(
  { target, caches, keys }: Place,
  verb: readonly string[],
  more: readonly string[],
): Promise<Finished> {
  const words = [...verb, ...keys.read, '--archive-dir', caches, `file://${target}`, ...more];
  return duplifs(words, { env: keys.env });
}

interface Harmed {
  /** Any of which a message must have. */
  readonly words: readonly string[];
}

const patterns: Readonly<Record<Cell['kind'], RegExp>> = {
  manifest: /\.manifest(\.|$)/,
  sigtar: /\.sigtar\./,
  volume: /\.vol1\.difftar/,
  index: /^duplifs-index\./,
};

/** The names of a kind of file, in the order of their sets. */
async function namesOf(target: string, kind: Cell['kind']): Promise<string[]> {
  const names = (await readdir(target)).filter((name) => patterns[kind].test(name));
  const end = (name: string): string => /(\d{8}T\d{6}Z)(?!.*\d{8}T\d{6}Z)/.exec(name)?.[1] ?? '';
  return names.toSorted((a, b) => end(a).localeCompare(end(b)));
}

/** Undefined where the chain has no such file. */
async function harm(cell: Cell, target: string): Promise<Harmed | undefined> {
  const names = await namesOf(target, cell.kind);
  const endOfSet = stamp(cell.age);
  const name = names.find((one) => one.includes(`${endOfSet}.`) && !one.includes(`${endOfSet}.to`));
  if (name === undefined) return undefined;
  const path = join(target, name);
  const keys = [name, endOfSet];
  switch (cell.harm) {
    case 'lost':
      await rm(path);
      break;
    case 'truncated':
      await truncate(path, Math.floor((await readFile(path)).length / 2));
      break;
    case 'older': {
      const older = names[names.indexOf(name) - 1];
      if (older === undefined) return undefined;
      await copyFile(join(target, older), path);
      break;
    }
    case 'foreign': {
      const other = await madeChain(cell.protection, cell.writer, 'other');
      await copyFile(join(other.root, 'target', name), path);
      break;
    }
    case 'forged':
      await rm(path);
      await forge(cell, target);
      break;
    case 'duplicated':
      await copyFile(path, join(target, secondName(name)));
      break;
  }
  return { words: keys };
}

function stamp(age: number): string {
  const iso = new Date((firstSeconds + age * day) * 1000).toISOString();
  return iso.replace(/[-:]/g, '').replace(/\.\d+/, '');
}

/** Another name that stands for the same file. */
function secondName(name: string): string {
  if (name.includes('.vol1.')) return name.replace('.vol1.', '.vol01.');
  return name.replace(/(\.manifest|\.sigtar|Z)(?=(\.gz|\.gpg)?$)/, '$1.copy');
}

/** What somebody without keys can make in the place of a set's file. */
async function forge({ age, kind }: Cell, target: string): Promise<void> {
  const apart = join(target, '..', 'forged');
  const names = writeSet(apart, {
    times: timesOf(age),
    volumes: [[folder(''), file('a', 'forged'), file('evil', 'forged')]],
  });
  const [volume = ''] = names.volumes;
  const made = { manifest: names.manifest, sigtar: names.sigtar, volume, index: undefined }[kind];
  if (made !== undefined) await copyFile(join(apart, made), join(target, made));
}
