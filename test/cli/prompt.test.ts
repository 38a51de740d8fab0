import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { built, duplifs, duplifsScript, run } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const terminal = fileURLToPath(new URL('../support/terminal.py', import.meta.url));
const answersScript = fileURLToPath(new URL('../support/answers.py', import.meta.url));
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

/** A program as the tests start it: the real one, and ours in its place. */
const programs = [
  ['duplicity', ['duplicity']],
  ['duplifs', ['env', 'DUPLIFS_AS=duplicity', process.execPath, duplifsScript]],
] as const;

interface Talk {
  readonly status: number | null;
  /** All that the terminal showed. */
  readonly shown: string;
  readonly streams: string;
}

/** Runs a program on a terminal that is none of its standard streams, and types the answers one after the other. */
async function talk(command: readonly string[], answers: readonly string[]): Promise<Talk> {
  const out = join(newFolder(), 'out');
  const questions = answers.map((answer) => [': $', answer]);
  // the shell keeps the terminal open, which would be hung up else
  const line = 'trap : INT; exec 9<>/dev/tty; "$@" 9>&- </dev/null >"$0" 2>&1';
  const words = ['sh', '-c', line, out, ...command];
  const typed = [answersScript, JSON.stringify(questions), ...words];
  const { status, stdout } = await run('python3', typed);
  return { status, shown: stdout.replaceAll('\r', ''), streams: readFileSync(out, 'utf8') };
}

const ask = 'GnuPG passphrase for decryption: \n';
const askAgain = 'Retype passphrase for decryption to confirm: \n';

describe.each(programs)('the questions of %s in its place', (_, program) => {
  const source = join(home, 'of-questions');
  const fullInto = (folder: string): string[] => {
    mkdirSync(source, { recursive: true });
    writeFileSync(join(source, 'a'), 'content');
    return [...program, 'full', '--archive-dir', join(folder, 'own'), source, `file://${folder}/t`];
  };
  const restoreFrom = (folder: string): string[] => {
    const place = ['--archive-dir', newFolder(), `file://${folder}/t`, join(folder, 'out')];
    return [...program, 'restore', ...place];
  };

  it('are on the terminal, twice for a backup and until both are the same, and show nothing of the answers', async () => {
    const folder = newFolder();
    const answers = ['\r', 'one\r', 'other\r', 'ri\x7fight\r', 'right\r'];
    const { status, shown, streams } = await talk(fullInto(folder), answers);
    expect([status, shown]).toEqual([0, ask + ask + askAgain + ask + askAgain]);
    const again = 'Please try again.';
    expect(streams).toContain(`Cannot use empty passphrase with symmetric encryption!  ${again}`);
    expect(streams).toContain(`First and second passphrases do not match!  ${again}`);
    const restored = await talk(restoreFrom(folder), ['right\r']);
    expect([restored.status, restored.shown]).toEqual([0, ask]);
    expect(readFileSync(join(folder, 'out/a'), 'utf8')).toBe('content');
  });

  it('end with Ctrl-C, at the end of input, and once a wrong answer was given', async () => {
    const folder = newFolder();
    const env = { PASSPHRASE: 'right' };
    const [first = '', ...args] = fullInto(folder);
    expect((await run(first, args, { env })).status).toBe(0);
    expect((await talk(restoreFrom(folder), ['righ\x03'])).status).toBe(4);
    expect((await talk(restoreFrom(folder), ['\x04'])).status).toBe(30);
    const wrong = await talk(restoreFrom(folder), ['wrong\r', 'right\r']);
    expect([wrong.status, wrong.shown]).toEqual([31, ask]);
    expect(wrong.streams).toContain('Bad session key');
  });

  it('are on the standard streams where there is no terminal', async () => {
    const folder = newFolder();
    const log = join(folder, 'log');
    const onStreams = (args: readonly string[], input: string) =>
      run('setsid', ['--wait', ...args, '--log-file', log], { input });
    const backup = await onStreams(fullInto(folder), 'right\nright\nmore\n');
    expect(backup.status).toBe(0);
    const warning = 'Warning: Password input may be echoed.\n';
    const asked = backup.stderr.replace(/^.*getpass.*\n.*getpass.*\n/gm, '');
    expect(asked).toBe(warning + ask + warning + askAgain);
    expect((await onStreams(restoreFrom(folder), 'right')).status).toBe(0);
    const none = await onStreams([...restoreFrom(folder), '--force'], '');
    expect(none.status).toBe(30);
    expect(readFileSync(log, 'utf8')).toMatch(/^ERROR 30 EOFError$/m);
  });
});
