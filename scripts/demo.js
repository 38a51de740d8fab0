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
import { fileURLToPath } from 'node:url';

const duplifs = fileURLToPath(new URL('../bin/duplifs.js', import.meta.url));
const daySeconds = 86_400;
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
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => server?.kill());
process.on('SIGINT', () => {}); // Ctrl-C reaches the mount as well; a second signal would force it
try {
  for (const name of ['home', 'home/letters', 'home/photos', 'mnt']) mkdirSync(join(folder, name));
  backUpThreeTimes();
  process.exitCode = await serve();
} finally {
  detach();
  rmSync(folder, { recursive: true, force: true });
}

function backUpThreeTimes() {
  say('A folder, backed up three times: three days ago, yesterday and now, encrypted.');
  console.log(`$ cd ${folder}`);
  console.log("$ export PASSPHRASE='a good passphrase'");
  write('letters/grandma.txt', 'Dear Grandma,\n', 4);
  write('letters/draft.md', '# What I never sent\n', 4);
  write('photos/sea.raw', randomBytes(2_000_000), 4);
  write('diary.txt', 'Nothing happened.\n', 4);
  backUp(3);
  write('letters/grandma.txt', 'Dear Grandma,\nthank you for the socks.\n', 2);
  write('diary.txt', 'Rain.\n', 2);
  backUp(1);
  write('diary.txt', 'Threw the draft away.\n', 0);
  rmSync(join(folder, 'home/letters/draft.md'));
  backUp(0);
  show('ls', 'backup');
}

/** Writes a file of the folder, or more of it, as of some days ago. */
function write(name, content, daysAgo) {
  const path = join(folder, 'home', name);
  if (name === 'diary.txt') appendFileSync(path, content);
  else writeFileSync(path, content);
  utimesSync(path, now - daysAgo * daySeconds, now - daysAgo * daySeconds);
}

function backUp(daysAgo) {
  const words = ['backup', 'home', 'backup'];
  const quiet = ['--no-print-statistics', '-v', 'warning'];
  const time = ['--current-time', `${now - daysAgo * daySeconds}`];
  console.log(`$ duplifs ${words.join(' ')}`);
  check(process.execPath, [duplifs, ...words, ...quiet, ...time]);
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
  lookAround();
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

function lookAround() {
  show('ls', '-l', 'mnt');
  const [first, , last] = readdirSync(join(mountpoint, 'snapshots'));
  say('snapshots/ has a folder for each backup set. The tree at the first, and at the last:');
  show('ls', '-l', `mnt/snapshots/${first}`, `mnt/snapshots/${first}/letters`);
  show('ls', '-l', `mnt/snapshots/${last}`, `mnt/snapshots/${last}/letters`);
  say('latest is the newest of them; at/ takes any time that duplicity takes:');
  show('cat', 'mnt/latest/diary.txt');
  show('cat', 'mnt/at/2D/diary.txt');
  say('versions/ has every path that ever was. A file that was deleted, and what was in it:');
  show('ls', '-l', 'mnt/versions/letters', 'mnt/versions/letters/draft.md');
  show('cat', `mnt/versions/letters/draft.md/${first}.md`);
  say('And each version of a file that has changed:');
  show('ls', '-l', 'mnt/versions/diary.txt');
}

function say(text) {
  console.log(`\n# ${text}`);
}

function show(command, ...args) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  check(command, args);
}

function check(command, args) {
  const { status } = spawnSync(command, args, { cwd: folder, env, stdio: ['ignore', 1, 2] });
  if (status !== 0) throw new Error(`This failed: ${[command, ...args].join(' ')}`);
}

/** For the case that the mount could not unmount itself. */
function detach() {
  server?.kill('SIGKILL');
  const isRoot = process.getuid?.() === 0;
  const [command, ...args] = isRoot ? ['umount', '-l'] : ['fusermount3', '-uz'];
  spawnSync(command, [...args, mountpoint], { stdio: 'ignore' });
}
