/** Déjà Dup's calls (test/support/deja-dup-calls.ts), of duplicity and of duplifs in its place: what Déjà Dup goes by is the same. */
import { mkdirSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { firstBackup, nextBackup, restoreOfFolder } from '../support/deja-dup-calls.js';
import type { RecordedCall } from '../support/deja-dup-calls.js';
import { built, duplifsScript, run } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

interface Answer {
  readonly status: number | null;
  /** Control lines of the records that Déjà Dup reads, with HOME for the folder. */
  readonly records: readonly string[];
  /** Those of how far it is. */
  readonly progress: readonly string[];
}

class Session {
  readonly home: string;
  readonly #program: readonly string[];
  readonly #target: string;
  #calls = 0;
  /** Of the newest set. */
  #time = 'now';

  constructor(program: readonly string[]) {
    const folder = realpathSync(newFolder());
    this.#program = program;
    this.home = join(folder, 'home');
    this.#target = join(folder, 'target');
    for (const below of ['Documents/letters', 'left', '.cache/deja-dup/metadata']) {
      mkdirSync(join(this.home, below), { recursive: true });
    }
    mkdirSync(this.#target);
    this.write('left/out', 'never');
    this.write('.cache/other', 'never');
    this.write(
      '.cache/deja-dup/metadata/README',
      'a file that Déjà Dup restores to see whether it can',
    );
    this.write('Documents/a', 'first');
    this.write('Documents/gone', 'first');
    this.write('Documents/letters/b', 'x'.repeat(3_000_000));
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.home, path), content);
    utimesSync(join(this.home, path), 1_700_000_000, 1_700_000_000 + content.length);
  }

  async all(calls: readonly RecordedCall[]): Promise<Answer[]> {
    const answers = [];
    for (const call of calls) answers.push(await this.#call(call));
    return answers;
  }

  async #call({ args, passphrase }: RecordedCall): Promise<Answer> {
    this.#calls += 1;
    const log = join(this.home, '..', `log-${this.#calls}`);
    const words = args.map((arg) =>
      arg
        .replaceAll(/^--file-to-restore=HOME/g, `--file-to-restore=${this.home.slice(1)}`)
        .replaceAll('HOME', this.home)
        // duplicity's GIO wants Déjà Dup's own session; what it does on a local folder is the same
        .replace('gio+file://', this.#program[0] === 'duplicity' ? 'file://' : 'gio+file://')
        .replaceAll('TARGET', this.#target)
        .replaceAll('TIME', this.#time),
    );
    const line = 'exec setsid --wait "$@" 7>"$0" </dev/null';
    const env = { PASSPHRASE: passphrase, HOME: this.home };
    const { status } = await run('bash', ['-c', line, log, ...this.#program, ...words], { env });
    const controls = readFileSync(log, 'utf8')
      .slice(0, -2)
      .split('\n\n')
      .map((record) => record.split('\n. ', 1)[0] ?? '');
    const times = [...controls.join('\n').matchAll(/^ (?:full|inc) (\d+T\d+Z) \d+ enc/gm)];
    this.#time = times.at(-1)?.[1] ?? this.#time;
    const isStatus = args[0] === 'collection-status';
    const records = controls.filter((control) => this.#isRead(control, isStatus));
    return {
      status,
      records: records.map((control) => this.#withoutPlaces(control)),
      progress: controls.filter((control) => control.startsWith('INFO 2 ')),
    };
  }

  /** Errors, chains where they were asked for, and what becomes of files below the folder. */
  #isRead(control: string, isStatus: boolean): boolean {
    if (control.startsWith('ERROR')) return true;
    if (control.startsWith('INFO 3 ')) return isStatus;
    return (
      /^INFO (?:[45678]|10) /.test(control) && /home\/(?:Doc|left|\.cache)|INFO 7/.test(control)
    );
  }

  #withoutPlaces(control: string): string {
    return control
      .replaceAll(this.home.slice(1), 'HOME')
      .replace(/^archive-dir .*$/m, 'archive-dir …')
      .replace(/^INFO 3 \n?/, 'INFO 3\n')
      .replaceAll(/\d{8}T\d{6}Z/g, 'TIME');
  }
}

describe("Déjà Dup's calls", { timeout: 480_000 }, () => {
  beforeAll(built);

  it('give what duplicity gives, for a backup, the next one and a restore', async () => {
    const theirs = new Session(['duplicity']);
    const as = ['env', 'DUPLIFS_AS=duplicity', 'DUPLIFS_DUPLICITY_VERSION=0.8.22'];
    const ours = new Session([...as, process.execPath, duplifsScript]);
    const both = [theirs, ours] as const;
    const compare = async (calls: readonly RecordedCall[]): Promise<Answer[]> => {
      const [expected, got] = [await theirs.all(calls), await ours.all(calls)];
      const plain = ({ status, records }: Answer) => ({
        status,
        records: [...new Set(records)].sort(), // duplicity tells of the chains twice
      });
      expect(got.map(plain)).toEqual(expected.map(plain));
      return got;
    };
    const first = await compare(firstBackup);
    expect(first.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
    expect(first[2]?.records).toContain("INFO 4 'HOME/Documents/letters/b'");
    expect(movesOn(first[1]) && movesOn(first[2])).toBe(true);
    for (const session of both) {
      session.write('Documents/a', 'second, and longer');
      session.write('Documents/new', 'second');
      rmSync(join(session.home, 'Documents/gone'));
    }
    const next = await compare(nextBackup);
    expect(next.map(({ status }) => status)).toEqual([0, 30, 0, 0, 0, 0]);
    expect(next[1]?.records).toContain('ERROR 30 EOFError');
    for (const { home } of both) rmSync(join(home, 'Documents'), { recursive: true });
    const restored = await compare(restoreOfFolder);
    expect(restored.map(({ status }) => status)).toEqual([0, 0, 0, 30, 0, 0]);
    expect(restored[5]?.progress.at(-1)).toBe('INFO 2 2 2');
    for (const { home } of both) {
      expect(readFileSync(join(home, 'Documents/a'), 'utf8')).toBe('second, and longer');
      expect(readFileSync(join(home, 'Documents/new'), 'utf8')).toBe('second');
      expect(readFileSync(join(home, 'Documents/letters/b')).length).toBe(3_000_000);
    }
  });
});

/** Whether the bytes that are done become more, up to the whole. */
function movesOn(answer: Answer | undefined): boolean {
  const done = (answer?.progress ?? []).map((record) => Number(record.split(' ')[2]));
  return (
    done.length > 0 &&
    (done.at(-1) ?? 0) >= 3_000_000 &&
    done.every((n, i) => n >= (done[i - 1] ?? 0))
  );
}
