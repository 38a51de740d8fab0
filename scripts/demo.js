/**
 * `npm run demo`: backs up a small folder three times, encrypted, mounts the backup in a temporary folder and
 * looks around in it. On a terminal it stays mounted until Ctrl-C, so that you can look around too. It always
 * unmounts.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const duplifs = fileURLToPath(new URL('../bin/duplifs.js', import.meta.url));
const daySeconds = 86_400;
/** The exit code of a backup that was interrupted (docs/cli.md). */
const interrupted = 4;

/** Why the demo is over before its end. */
class Ended extends Error {
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

const now = Math.floor(Date.now() / 1000);

const folder = mkdtempSync(join(tmpdir(), 'duplifs-demo-'));
const mountpoint = join(folder, 'mnt');
const env = {
  ...process.env,
  PASSPHRASE: 'a good passphrase',
  XDG_CACHE_HOME: join(folder, 'cache'),
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
};
let server;
let isInterrupted = false;
for (const signal of ['SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    isInterrupted = true;
    server?.kill();
  });
}
// Ctrl-C reaches the mount as well; a second signal would force it
process.on('SIGINT', () => {
  isInterrupted = true;
});
try {
  for (const name of ['home', 'home/letters', 'home/photos', 'mnt']) mkdirSync(join(folder, name));
  await backUpThreeTimes();
  process.exitCode = await serve();
} catch (error) {
  // Ctrl-C reaches what runs for us as well: there is nothing to explain then
  if (!(error instanceof Ended)) throw error;
  if (error.message !== '') console.error(error.message);
  process.exitCode = error.exitCode;
} finally {
  detach();
  rmSync(folder, { recursive: true, force: true });
}

async function backUpThreeTimes() {
  say('A folder, backed up three times: three days ago, yesterday and now, encrypted.');
  console.log(`$ cd ${folder}`);
  console.log("$ export PASSPHRASE='a good passphrase'");
  write('letters/grandma.txt', 'Dear Grandma,\n', 4);
  write('letters/draft.md', '# What I never sent\n', 4);
  write('photos/sea.raw', randomBytes(2_000_000), 4);
  write('diary.txt', 'Nothing happened.\n', 4);
  await backUp(3);
  write('letters/grandma.txt', 'Dear Grandma,\nthank you for the socks.\n', 2);
  write('diary.txt', 'Rain.\n', 2);
  await backUp(1);
  write('diary.txt', 'Threw the draft away.\n', 0);
  rmSync(join(folder, 'home/letters/draft.md'));
  await backUp(0);
  await show('ls', 'backup');
}

/** Writes a file of the folder, or more of it, as of some days ago. */
function write(name, content, daysAgo) {
  const path = join(folder, 'home', name);
  if (name === 'diary.txt') appendFileSync(path, content);
  else writeFileSync(path, content);
  utimesSync(path, now - daysAgo * daySeconds, now - daysAgo * daySeconds);
}

async function backUp(daysAgo) {
  const words = ['backup', 'home', 'backup'];
  const quiet = ['--no-print-statistics', '-v', 'warning'];
  const time = ['--current-time', `${now - daysAgo * daySeconds}`];
  console.log(`$ duplifs ${words.join(' ')}`);
  await check(process.execPath, [duplifs, ...words, ...quiet, ...time]);
}

/** Mounts, shows, and waits for the end; the exit status of the mount. */
async function serve() {
  say('The backup becomes a folder:');
  console.log('$ duplifs mount backup mnt');
  server = spawn(process.execPath, [duplifs, 'mount', 'backup', 'mnt'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => server.once('close', resolve));
  const isMounted = await Promise.race([mounted(server.stderr), ended.then(() => false)]);
  if (!isMounted) return (await ended) || 1;
  await lookAround();
  if (process.stdout.isTTY) {
    say(
      `It stays mounted at ${mountpoint} until you press Ctrl-C. Look into it from another shell.`,
    );
  } else {
    server.kill();
  }
  const status = await ended;
  say('Unmounted; the temporary folder is removed.');
  return status ?? 1;
}

/** Waits until the mount answers; everything else that it says is shown. */
function mounted(stream) {
  return new Promise((resolve) => {
    let text = '';
    stream.setEncoding('utf8').on('data', (piece) => {
      text += piece;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('Mounted at')) resolve(true);
        else console.error(line);
      }
    });
  });
}

async function lookAround() {
  await show('ls', '-l', 'mnt');
  const [first, , last] = readdirSync(join(mountpoint, 'snapshots'));
  say('snapshots/ has a folder for each backup set. The tree at the first, and at the last:');
  await show('ls', '-l', `mnt/snapshots/${first}`, `mnt/snapshots/${first}/letters`);
  await show('ls', '-l', `mnt/snapshots/${last}`, `mnt/snapshots/${last}/letters`);
  say('latest is the newest of them; at/ takes any time that duplicity takes:');
  await show('cat', 'mnt/latest/diary.txt');
  await show('cat', 'mnt/at/2D/diary.txt');
  say('versions/ has every path that ever was. A file that was deleted, and what was in it:');
  await show('ls', '-l', 'mnt/versions/letters', 'mnt/versions/letters/draft.md');
  await show('cat', `mnt/versions/letters/draft.md/${first}.md`);
  say('And each version of a file that has changed:');
  await show('ls', '-l', 'mnt/versions/diary.txt');
}

function say(text) {
  console.log(`\n# ${text}`);
}

async function show(command, ...args) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  await check(command, args);
}

async function check(command, args) {
  const ended = spawnSync(command, args, { cwd: folder, env, stdio: ['ignore', 1, 2] });
  await setImmediate(); // for signals
  if (ended.status === 0 && !isInterrupted) return;
  if (isInterrupted || ended.signal === 'SIGINT' || ended.status === interrupted)
    throw new Ended('', 130);
  throw new Ended(`This failed: ${[command, ...args].join(' ')}`, 1);
}

/** For the case that the mount could not unmount itself. */
function detach() {
  server?.kill('SIGKILL');
  const isRoot = process.getuid?.() === 0;
  const [command, ...args] = isRoot ? ['umount', '-l'] : ['fusermount3', '-uz'];
  spawnSync(command, [...args, mountpoint], { stdio: 'ignore' });
}
