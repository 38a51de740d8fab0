/** Tab in the real shells, on a terminal. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { once } from '../../support/once.js';
import { root, runOk } from '../../support/run.js';
import { knownBackup, knownIn } from './known-backup.js';
import type { KnownBackup } from './known-backup.js';

/** What each loads first; bash also with the package that most systems have. */
const setups = {
  bash: 'source <(duplifs completion bash)',
  'bash with bash-completion':
    'source /usr/share/bash-completion/bash_completion; source <(duplifs completion bash)',
  zsh: 'autoload -Uz compinit; compinit -u -D; source <(duplifs completion zsh)',
  fish: 'duplifs completion fish | source',
} as const;

type Setup = keyof typeof setups;

const here = (Object.keys(setups) as Setup[]).filter((name) => {
  const isThere =
    spawnSync(shellOf(name), ['-c', 'true']).status === 0 &&
    (!name.includes(' with ') || existsSync('/usr/share/bash-completion/bash_completion'));
  if (!isThere && process.env['CI'] === 'true') throw new Error(`${name} is not installed`);
  return isThere;
});

function shellOf(setup: Setup): string {
  return setup.split(' ')[0] ?? '';
}

interface Typed {
  readonly line: string;
  readonly screen: string;
}

interface Session {
  readonly shell: string;
  /** What it loads first. */
  readonly setup: string;
  readonly env: KnownBackup['env'];
}

async function typedIn(
  { shell, setup, env }: Session,
  lines: readonly string[],
): Promise<readonly Typed[]> {
  const script = join(root, 'test/support/completing.py');
  const output = await runOk('/usr/bin/python3', [script, shell, ...lines], {
    env: { ...env, COMPLETING_SETUP: setup },
  });
  return JSON.parse(output) as Typed[];
}

async function makeKnown(): Promise<string> {
  return once('known-backup', async (made) => {
    await knownBackup(made);
  });
}

describe.each(here)('%s', { timeout: 240_000 }, (setup) => {
  let folder: string;
  let known: KnownBackup;

  beforeAll(async () => {
    folder = await makeKnown();
    known = knownIn(folder);
  });

  async function typed(...lines: readonly string[]): Promise<readonly Typed[]> {
    return typedIn({ shell: shellOf(setup), setup: setups[setup], env: known.env }, lines);
  }

  /** Each line that is typed, and what it becomes; fish and bash differ in the blank behind it. */
  async function expectLines(expected: Readonly<Record<string, string>>): Promise<void> {
    const lines = await typed(...Object.keys(expected));
    expect(lines.map(({ line }) => line.trimEnd())).toEqual(Object.values(expected));
  }

  it('completes commands, options and values', async () => {
    await expectLines({
      'duplifs resto': 'duplifs restore',
      'duplifs restore --path-t': 'duplifs restore --path-to-restore',
      'duplifs mount --fuse-engine=k': 'duplifs mount --fuse-engine=kernel',
    });
  });

  it('completes profiles, known targets, times and files of this machine', async () => {
    await expectLines({
      'duplifs ls lap': 'duplifs ls laptop',
      [`duplifs ls ${known.url.slice(0, -3)}`]: `duplifs ls ${known.url}`,
      'duplifs ls laptop --time 20260921T1415': 'duplifs ls laptop --time 20260921T141500Z',
      [`duplifs backup ${folder}/fil`]: `duplifs backup ${folder}/files/`,
    });
  });

  it('completes paths of the backup, with blanks and quotes in them', async () => {
    const photos = String.raw`duplifs cat laptop my\ photos/`;
    await expectLines({
      'duplifs cat laptop doc': 'duplifs cat laptop docs/',
      'duplifs cat laptop docs/': 'duplifs cat laptop docs/naïve.txt',
      'duplifs cat laptop my': photos,
      'duplifs restore laptop --path-to-restore=doc':
        'duplifs restore laptop --path-to-restore=docs/',
    });
    const [named] = await typed(photos);
    expect(await meaningOf(named?.line ?? '')).toEqual([
      'cat',
      'laptop',
      "my photos/Ann's b:c.jpg",
    ]);
  });

  it('lists what there is, and runs nothing of what is typed', async () => {
    const planted = join(folder, 'planted');
    const [listed] = await typed(
      'duplifs key \t',
      `duplifs cat $(touch ${planted}) doc`,
      `duplifs cat "$(touch ${planted})" doc`,
      `duplifs cat \`touch ${planted}\` doc`,
    );
    for (const name of ['export', 'generate', 'import', 'list', 'test', 'trust']) {
      expect(listed?.screen).toContain(name);
    }
    expect(existsSync(planted)).toBe(false);
  });

  /** What the program would get for a line. */
  async function meaningOf(line: string): Promise<string[]> {
    const words = line.replace(/^duplifs /, '');
    const output = await runOk(shellOf(setup), ['-c', `printf '%s\\n' ${words}`]);
    return output.trimEnd().split('\n');
  }
});

const scripts = join(root, 'src/cli/completion/shells');

/** Where the scripts lie, and how the shells find them there by themselves. */
const packaged: Readonly<Record<string, (folder: string) => Promise<string>>> = {
  'bash with bash-completion': async (folder) => {
    const completions = join(folder, 'data/bash-completion/completions');
    await mkdir(completions, { recursive: true });
    await copyFile(join(scripts, 'duplifs.bash'), join(completions, 'duplifs'));
    return `export XDG_DATA_HOME=${folder}/data; source /usr/share/bash-completion/bash_completion`;
  },
  zsh: () => Promise.resolve(`fpath=(${scripts} $fpath); autoload -Uz compinit; compinit -u -D`),
  fish: () => Promise.resolve(`set fish_complete_path ${scripts} $fish_complete_path`),
};

describe('as packages install it', { timeout: 240_000 }, () => {
  it.each(here.filter((name) => name in packaged))('is found by %s', async (name) => {
    const folder = await makeKnown();
    const setup = (await packaged[name]?.(folder)) ?? '';
    const { env } = knownIn(folder);
    const [found] = await typedIn({ shell: shellOf(name), setup, env }, ['duplifs resto']);
    expect(found?.line).toBe('duplifs restore ');
  });
});
