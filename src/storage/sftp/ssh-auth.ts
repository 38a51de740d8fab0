/** The ways to log in, in the order in which ssh tries them: agent, key files, password. */
import { readFile } from 'node:fs/promises';
import type { AnyAuthMethod } from 'ssh2';
import ssh2 from 'ssh2';
import type { SshSettings } from './ssh-settings.js';

export interface Login {
  readonly methods: readonly AnyAuthMethod[];
  /** Key files that need a passphrase which there is not. */
  readonly locked: readonly string[];
}

export async function sshLogin(
  settings: SshSettings,
  password: string | undefined,
): Promise<Login> {
  const username = settings.user;
  const locked: string[] = [];
  const keys: AnyAuthMethod[] = [];
  for (const file of settings.identityFiles) {
    const text = await readFile(file).catch(() => undefined);
    if (text === undefined) continue;
    const parsed = ssh2.utils.parseKey(text, password);
    if (!(parsed instanceof Error)) keys.push({ type: 'publickey', username, key: parsed });
    else if (/passphrase|encrypted/i.test(parsed.message)) locked.push(file);
  }
  const agent: AnyAuthMethod[] =
    settings.agent === undefined ? [] : [{ type: 'agent', username, agent: settings.agent }];
  const words: AnyAuthMethod[] =
    password === undefined
      ? []
      : [
          { type: 'password', username, password },
          {
            type: 'keyboard-interactive',
            username,
            // eslint-disable-next-line max-params -- ssh2 calls it so
            prompt: (_name, _instructions, _lang, prompts, finish) => {
              finish(prompts.map(() => password));
            },
          },
        ];
  // an agent with many keys uses up the server's patience, so named keys go first where only they may
  const publicKeys = settings.identitiesOnly ? [...keys, ...agent] : [...agent, ...keys];
  return { methods: [...publicKeys, ...words], locked };
}
