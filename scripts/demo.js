/**
 * `npm run demo`: mounts a small encrypted backup with history in a temporary folder and looks around in it.
 * On a terminal it stays mounted until Ctrl-C, so that you can look around too. It always unmounts.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const duplifs = join(root, 'bin', 'duplifs.js');
const fixture = join(root, 'test', 'fixtures', 'v3-passphrase.tar.gz');
const passphrase = 'test';

const folder = mkdtempSync(join(tmpdir(), 'duplifs-demo-'));
const mountpoint = join(folder, 'mnt');
const backup = join(folder, 'backup');
let server;
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => server?.kill());
process.on('SIGINT', () => {}); // Ctrl-C reaches the mount as well; a second signal would force it
try {
  mkdirSync(mountpoint);
  // the recordings of its tests are not needed, and with them not the right to make their owners
  const unpack = ['-xzf', fixture, '-C', folder, '--no-same-owner', 'v3-passphrase/target'];
  if (spawnSync('tar', unpack, { stdio: 'inherit' }).status !== 0) throw new Error('tar failed');
  renameSync(join(folder, 'v3-passphrase', 'target'), backup);
  process.exitCode = await serve();
} finally {
  detach();
  rmSync(folder, { recursive: true, force: true });
}

/** Mounts, shows, and waits for the end; the exit status of the mount. */
async function serve() {
  say('A backup that duplicity has made: three sets, encrypted with a passphrase.');
  console.log(`$ cd ${folder}`);
  show('ls', 'backup');
  say('It becomes a folder:');
  console.log(`$ PASSPHRASE=${passphrase} duplifs mount backup mnt`);
  server = spawn(
    process.execPath,
    [duplifs, 'mount', '--archive-dir', join(folder, 'cache'), backup, mountpoint],
    { env: { ...process.env, PASSPHRASE: passphrase }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = new Promise((resolve) => server.once('close', resolve));
  const isMounted = await Promise.race([mounted(server.stderr), ended.then(() => false)]);
  if (!isMounted) return (await ended) ?? 1;
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
  const times = readdirSync(join(mountpoint, 'snapshots'));
  const [first = '', ...others] = times;
  const last = others.at(-1) ?? first;
  say('snapshots/ has a folder for each backup set. The tree as it was at the first:');
  show('ls', '-l', at('snapshots', first), at('snapshots', first, 'types'));
  say('and at the last, where files have become folders and links, and folders files:');
  show('ls', '-l', at('snapshots', last), at('snapshots', last, 'types'));
  say('latest is the newest of them. A log that has grown from set to set:');
  show('ls', '-l', ...times.map((time) => at('snapshots', time, 'big/log.txt')));
  show('ls', '-lL', at('latest', 'big/log.txt'));
  say('at/ takes any time as duplicity writes them:');
  show('ls', at('at', '2023-11-15', 'gone'));
  say('gone/later/x was deleted before the last backup. versions/ has every path that ever was:');
  show('ls', '-l', at('latest', 'gone'), at('versions', 'gone/later/x'));
  say('and each distinct version of a file, here of one that changed twice:');
  show('ls', '-l', at('versions', 'text/notes.txt'));
}

function at(...parts) {
  return join('mnt', ...parts);
}

function say(text) {
  console.log(`\n# ${text}`);
}

function show(command, ...args) {
  console.log(`$ ${[command, ...args].join(' ')}`);
  const env = { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  const stdio = ['ignore', 'inherit', 'inherit'];
  const { status } = spawnSync(command, args, { cwd: folder, stdio, env });
  if (status !== 0) throw new Error(`This failed: ${[command, ...args].join(' ')}`);
}

/** For the case that the mount could not unmount itself. */
function detach() {
  server?.kill('SIGKILL');
  const isRoot = process.getuid?.() === 0;
  const [command, ...args] = isRoot ? ['umount', '-l'] : ['fusermount3', '-uz'];
  spawnSync(command, [...args, mountpoint], { stdio: 'ignore' });
}
