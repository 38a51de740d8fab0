import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, duplifs, duplifsScript, run } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const terminal = fileURLToPath(new URL('../support/terminal.py', import.meta.url));
const home = newFolder();
const url = `file://${join(home, 'target')}`;

beforeAll(async () => {
  await built();
  mkdirSync(join(home, 'source'));
  const args = ['full', '--archive-dir', join(home, 'own'), join(home, 'source'), url];
  expect((await duplifs(args, { env: { PASSPHRASE: 'a passphrase' } })).status).toBe(0);
});

describe('a prompt for a passphrase', () => {
  it.each([
    ['SIGTERM', 15],
    ['SIGHUP', 1],
    ['Ctrl-C', 0],
  ])('ends at once at %s, and the terminal echoes again', async (_, number) => {
    const command = [process.execPath, duplifsScript, 'ls', '--archive-dir', newFolder(), url];
    const { stdout } = await run('python3', [terminal, String(number), ...command]);
    const [seconds, echo, status] = stdout.trim().split(' ');
    expect(Number(seconds)).toBeLessThan(5);
    expect(echo).toBe('True');
    expect(Number(status)).toBeGreaterThan(0);
  });
});
