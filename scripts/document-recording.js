/**
 * `npm run docs:recording`: the picture of README, docs/recording.svg (or the file given), from a real run. What is shown was
 * typed into a shell and came out of it, with two things that make it the same each time: the clock of the backups stands at
 * days of November 2026, and their folder is the user's home, "~". It always unmounts.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordingOf } from './recording/svg.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = process.argv[2] ?? join(root, 'docs/recording.svg');
const home = mkdtempSync(join(tmpdir(), 'duplifs-recording-'));
const env = {
  PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
  HOME: home,
  XDG_CACHE_HOME: join(home, '.cache'),
  PASSPHRASE: 'a good passphrase',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  DUPLIFS_SCRIPT: join(root, 'bin/duplifs.js'),
};
/** What a terminal of 80 columns and a quiet profile give without words. */
const functions = [
  'ls() { command ls -C -w 80 "$@"; }',
  'duplifs() {',
  '  local more=()',
  '  case $1 in backup) more=(--no-print-statistics -v warning --current-time "$CLOCK") ;; esac',
  '  node "$DUPLIFS_SCRIPT" "$@" "${more[@]}"',
  '}',
].join('\n');

const steps = [
  'duplifs backup Documents backup',
  'duplifs mount backup mnt &',
  'ls mnt mnt/snapshots',
  'cat mnt/latest/diary.txt',
  'cat mnt/at/2026-11-19/diary.txt',
  'ls mnt/versions/letters/draft.md    # deleted since',
  'duplifs restore backup letters -t 2026-11-19 --path-to-restore letters',
  'cat letters/draft.md',
  'duplifs umount mnt',
];

let server;
try {
  mkdirSync(join(home, 'mnt'));
  makeHistory();
  const recorded = [];
  for (const command of steps) {
    const output = command.endsWith('&') ? await mount(command.slice(0, -1)) : typed(command);
    recorded.push({ command, output: output.replaceAll(home, '~') });
  }
  const title = 'Backing up, mounting and restoring in a terminal';
  writeFileSync(target, recordingOf(title, recorded));
} finally {
  server?.kill('SIGKILL');
  const isRoot = process.getuid?.() === 0;
  const [command, ...args] = isRoot ? ['umount', '-l'] : ['fusermount3', '-uz'];
  spawnSync(command, [...args, join(home, 'mnt')], { stdio: 'ignore' });
  rmSync(home, { recursive: true, force: true });
}

/** Two backups that were made before. */
function makeHistory() {
  write('letters/grandma.txt', 'Dear Grandma,\n');
  write('letters/draft.md', '# What I never sent\n');
  write('diary.txt', 'Nothing happened.\n');
  typed('duplifs backup Documents backup', '2026-11-18T20:00:00Z');
  write('letters/grandma.txt', 'Dear Grandma,\nthank you for the socks.\n');
  rmSync(join(home, 'Documents/letters/draft.md'));
  typed('duplifs backup Documents backup', '2026-11-20T20:00:00Z');
  write('diary.txt', 'Rain, and a new bicycle.\n');
}

function write(name, text) {
  const path = join(home, 'Documents', name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What a shell shows of a command; it has to succeed. */
function typed(command, clock = '2026-11-21T20:00:00Z') {
  const { status, stdout } = spawnSync('bash', ['-c', `${functions}\nexec 2>&1\n${command}`], {
    cwd: home,
    env: { ...env, CLOCK: `${Date.parse(clock) / 1000}` },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`This failed: ${command}\n${stdout}`);
  return stdout;
}

/** Runs a mount, and returns what it says once it is there. */
async function mount(command) {
  server = spawn('bash', ['-c', `${functions}\n${command}`], { cwd: home, env });
  let said = '';
  for await (const piece of server.stderr.setEncoding('utf8')) {
    said += piece;
    if (/^Mounted at.*\n/m.test(said)) return said;
  }
  throw new Error(`The mount has ended: ${said}`);
}
