/** A home with profiles of its own, for what reads them in this process. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { personality } from '../../src/cli/personality.js';
import { allOptionKeys, newProgram } from '../../src/cli/program.js';
import { expandArguments } from '../../src/cli/profile/expand-arguments.js';
import { loadProfile } from '../../src/profiles/index.js';
import type { Profile } from '../../src/profiles/index.js';
import { temporaryFolders } from '../support/temporary.js';

export interface ProfileHome {
  readonly folder: () => string;
  /** Writes a profile; the path of its file. */
  readonly write: (name: string, text: string, mode?: number) => string;
  readonly load: (name: string) => Promise<Profile>;
  /** What the command line becomes. */
  readonly expand: (...words: string[]) => Promise<readonly string[]>;
}

const variables = ['XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'PASSPHRASE', 'SIGN_PASSPHRASE'] as const;

/** Each test has a new one. */
export function profileHome(): ProfileHome {
  const newFolder = temporaryFolders();
  let folder = '';
  const before = new Map<string, string | undefined>();
  beforeEach(() => {
    folder = newFolder();
    for (const name of variables) {
      before.set(name, process.env[name]);
      Reflect.deleteProperty(process.env, name);
    }
    process.env['XDG_CONFIG_HOME'] = join(folder, 'config');
    process.env['XDG_STATE_HOME'] = join(folder, 'state');
    mkdirSync(join(folder, 'config', 'duplifs'), { recursive: true });
  });
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });
  return {
    folder: () => folder,
    write: (name, text, mode = 0o600) => {
      const path = join(folder, 'config', 'duplifs', `${name}.toml`);
      writeFileSync(path, text, { mode });
      return path;
    },
    load: (name) => loadProfile(name, allOptionKeys()),
    expand: (...words) =>
      expandArguments(newProgram({ ...personality(), isDuplicity: false }), words, allOptionKeys),
  };
}
