/**
 * Harms a backup in every way that a disk, a network or an enemy can, and looks what reading makes of it:
 * each file's bytes are those that went in, or there is an error; never anything else, and in time.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDuplifsError } from '../../src/base/index.js';
import type { OpenTestOptions, Opened } from './open.js';
import { openTest, treeOf } from './open.js';
import { randomOf } from './noise.js';

export type Files = ReadonlyMap<string, Buffer>;
/** What each set showed before: by the set's key and the path. */
export type Recording = ReadonlyMap<string, ReadonlyMap<string, Buffer>>;

export interface Harm {
  readonly what: string;
  readonly files: Files;
  /** The names of the files that were changed. */
  readonly names: readonly string[];
}

export function filesIn(folder: string): Files {
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
}

/** What an undamaged backup shows. */
export async function record(target: string, options: OpenTestOptions): Promise<Recording> {
  const { repository } = await openTest(target, options);
  try {
    const sets = new Map<string, Map<string, Buffer>>();
    for (const set of repository.sets()) {
      const tree = await treeOf(repository, set);
      const bytes = [...tree].flatMap(([path, shown]) => {
        if (shown.error !== undefined)
          throw new Error(`"${path}" in ${set.key}`, { cause: shown.error });
        return shown.bytes === undefined ? [] : ([[path, shown.bytes]] as const);
      });
      sets.set(set.key, new Map(bytes));
    }
    return sets;
  } finally {
    await repository.close();
  }
}

/** One way to harm the files, chosen by the seed. */
export function harm(files: Files, seed: number): Harm {
  const random = randomOf(seed);
  const below = (limit: number): number => (limit < 1 ? 0 : random() % limit);
  const names = [...files.keys()];
  const name = names[below(names.length)] ?? '';
  const other = names[below(names.length)] ?? '';
  const bytes = files.get(name) ?? Buffer.alloc(0);
  const at = below(bytes.length);
  const length = below(Math.min(bytes.length - at, 2000)) + 1;
  const put = (what: string, changed: Buffer): Harm => ({
    what: `${what} of "${name}" (seed ${seed})`,
    files: new Map([...files, [name, changed]]),
    names: [name],
  });
  switch (below(9)) {
    case 0:
      return put(`cut at ${at}`, bytes.subarray(0, at));
    case 1: {
      const edge = below(Math.ceil(bytes.length / 512) + 1) * 512;
      return put(`cut at block ${edge}`, bytes.subarray(0, edge));
    }
    case 2:
    case 3: {
      const changed = Buffer.from(bytes);
      const count = 1 + below(3);
      for (let n = 0; n < count; n += 1) {
        const place = below(bytes.length);
        changed[place] = (changed[place] ?? 0) ^ (1 << below(8));
      }
      return put(`${count} bits flipped`, changed);
    }
    case 4: {
      const changed = Buffer.from(bytes);
      changed.fill(0, at, Math.min(at + length, changed.length));
      return put(`zeros at ${at}`, changed);
    }
    case 5:
      return put(
        `${length} bytes doubled at ${at}`,
        Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)]),
      );
    case 6:
      return put(
        `${length} bytes lost at ${at}`,
        Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
      );
    case 7:
      return {
        what: `"${name}" swapped with "${other}" (seed ${seed})`,
        files: new Map([...files, [name, files.get(other) ?? bytes], [other, bytes]]),
        names: [name, other],
      };
    default:
      return {
        what: `"${name}" lost (seed ${seed})`,
        files: new Map([...files].filter(([known]) => known !== name)),
        names: [name],
      };
  }
}

export interface Outcome {
  /** What is wrong with what came out: nothing, it is hoped. */
  readonly wrong: readonly string[];
  /** How many files came out as they were. */
  readonly served: number;
}

/**
 * Reads everything of a harmed backup.
 * Signatures are bound to nothing: swapped, they may show another version of a file, but no other bytes.
 */
export async function outcomeOf(
  { files, names }: Harm,
  recording: Recording,
  folder: string,
  options: OpenTestOptions,
): Promise<Outcome> {
  const target = join(folder, 'target');
  mkdirSync(target, { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(target, name), bytes);
  const wrong: string[] = [];
  let served = 0;
  const check = (where: string, error: unknown): void => {
    if (isDuplifsError(error)) return;
    wrong.push(
      `${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  };
  const versions = (path: string): Buffer[] =>
    [...recording.values()].flatMap((set) => set.get(path) ?? []);
  const mayBeOlder = names.some((name) => name.includes('signatures'));
  let opened: Opened;
  try {
    opened = await openTest(target, options);
  } catch (error) {
    check('open', error);
    return { wrong, served };
  }
  const { repository } = opened;
  try {
    for (const set of repository.sets()) {
      try {
        for (const [path, shown] of await treeOf(repository, set)) {
          if (shown.error !== undefined) check(path, shown.error);
          if (shown.bytes === undefined) continue;
          const allowed = mayBeOlder ? versions(path) : [recording.get(set.key)?.get(path)];
          const isRight = allowed.some(
            (bytes) => bytes !== undefined && shown.bytes?.equals(bytes),
          );
          if (isRight) served += 1;
          else wrong.push(`wrong bytes of "${path}" in ${set.key}`);
        }
      } catch (error) {
        check(set.key, error);
      }
    }
    await repository.examineSets(check).catch((error: unknown) => {
      check('wholeness of the sets', error);
    });
  } finally {
    await repository.close();
  }
  return { wrong, served };
}
