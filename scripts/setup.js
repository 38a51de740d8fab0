/**
 * Makes a checkout ready: `node scripts/setup.js test|nodes|demo|bench|package|long|build`. Installs what is missing, in this
 * order: Debian packages (as root; otherwise it prints the one line to run), node_modules, dist. Where all
 * is there it takes a fraction of a second. `build` only builds: tests call it while they run, and npm
 * empties node_modules before it fills it. Only modules of Node.js, for nothing else is installed yet.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const isRoot = process.getuid?.() === 0;
const isCi = process.env.CI === 'true';

/** A program, library, file or Python module (any of those named), and the Debian packages of which one brings it. */
const programs = {
  mount: [{ program: 'fusermount3', packages: ['fuse3'] }],
  test: [
    { program: 'duplicity', packages: ['duplicity'] },
    { program: 'gpg', packages: ['gnupg'] },
    { program: 'duply', packages: ['duply'] },
    { program: 'gpg-agent', packages: ['gpg-agent'] },
    { program: 'rdiff', packages: ['rdiff'] },
    { program: 'fusermount3', packages: ['fuse3'] },
    { library: 'libfuse.so.2', packages: ['libfuse2', 'libfuse2t64'] },
    { program: 'rsync', packages: ['rsync'] },
    { program: 'getfattr', packages: ['attr'] },
    { library: 'libisal.so.2', packages: ['libisal2'] },
    { program: 'python3', packages: ['python3'] },
    { program: 'setpriv', packages: ['util-linux'] },
    { program: 'automount', packages: ['autofs'] },
    { program: 'gio', packages: ['libglib2.0-bin'] },
    { program: 'unzip', packages: ['unzip'] },
    { program: 'bsdtar', packages: ['libarchive-tools'] },
    { program: 'script', packages: ['bsdutils'] },
    { program: 'man', packages: ['man-db'] },
    { program: 'mandoc', packages: ['mandoc'] },
    { program: 'zsh', packages: ['zsh'] },
    { program: 'fish', packages: ['fish'] },
    { file: '/usr/share/bash-completion/bash_completion', packages: ['bash-completion'] },
    { program: 'par2', packages: ['par2'] },
    { program: 'objdump', packages: ['binutils'] },
    { program: 'crontab', packages: ['cron'] },
    { program: 'systemd-analyze', packages: ['systemd'] },
    { module: ['aiosmtpd'], packages: ['python3-aiosmtpd'] }, // a mail server
    { module: ['pexpect'], packages: ['python3-pexpect'] }, // duplicity's par2
    { module: ['boto3'], packages: ['python3-boto3'] }, // duplicity on S3
    { module: ['paramiko'], packages: ['python3-paramiko'] }, // duplicity on SFTP
  ],
  bench: [
    { program: 'restic', packages: ['restic'] },
    { program: 'borg', packages: ['borgbackup'] },
    { module: ['llfuse', 'pyfuse3'], packages: ['python3-llfuse', 'python3-pyfuse3'] }, // borg mount
    { program: 'fio', packages: ['fio'] },
    { file: '/usr/bin/time', packages: ['time'] },
  ],
  /** For native modules of which npm finds no ready-made build for this machine. */
  compiler: [
    { program: 'g++', packages: ['g++'] },
    { program: 'make', packages: ['make'] },
    { program: 'python3', packages: ['python3'] },
  ],
  package: [
    { program: 'objdump', packages: ['binutils'] },
    { program: 'dpkg-deb', packages: ['dpkg'] },
    { program: 'xz', packages: ['xz-utils'] },
  ],
  /** Packages are looked at by Debian's own tool, and installed in bare root file systems. */
  long: [
    { program: 'lintian', packages: ['lintian'] },
    { program: 'debootstrap', packages: ['debootstrap'] },
    { program: 'unshare', packages: ['util-linux'] },
  ],
};

const needs = {
  test: [...programs.test],
  nodes: [...programs.test, ...programs.compiler],
  demo: [...programs.mount],
  bench: [...programs.test, ...programs.bench],
  package: [...programs.compiler, ...programs.package],
  long: [...programs.test, ...programs.compiler, ...programs.package, ...programs.long],
  build: [],
};

const purpose = process.argv[2] ?? 'build';
if (!Object.hasOwn(needs, purpose)) fail(`Say what for: ${Object.keys(needs).join(', ')}`);
const isForTests = ['test', 'nodes', 'long'].includes(purpose);
// a test whose tool is missing skips itself, except in CI; a demo without its tools is none
installPrograms(needs[purpose], isForTests && !isCi ? 'optional' : 'required');
if (purpose !== 'build' && !modulesAreCurrent()) {
  // two at once would take each other's files away
  alone(() => {
    if (!modulesAreCurrent()) installModules();
  });
}
if (!distIsCurrent()) run('npm', ['run', '--silent', 'build']);

function installPrograms(wanted, importance) {
  const missing = wanted.filter((need) => !isThere(need));
  if (missing.length === 0) return;
  if (!isProgram('apt-get')) {
    const list = missing.map(({ packages }) => packages[0]).join(', ');
    return give(`These are missing, and there is no apt-get to install them: ${list}`, importance);
  }
  if (!isRoot) {
    const names = missing.map(({ packages }) => packages[0]).join(' ');
    const line = `sudo apt-get install --no-install-recommends ${names}`;
    return give(
      `Some programs are missing. Run this, and start again:\n\n    ${line}\n`,
      importance,
    );
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update', '-q'], env);
  const names = missing.map(({ packages }) => packages.find(isInstallable) ?? packages[0]);
  run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], env);
  const still = missing.filter((need) => !isThere(need));
  if (still.length > 0)
    fail(`Still missing: ${still.map(({ packages }) => packages[0]).join(', ')}`);
}

function give(message, importance) {
  if (importance === 'required') fail(message);
  console.error(message);
}

function isThere({ program, library, file, module }) {
  if (program !== undefined) return isProgram(program);
  if (module !== undefined) {
    // Debian's programs are run by Debian's Python, whatever comes first in PATH
    return module.some(
      (name) => spawnSync('/usr/bin/python3', ['-c', `import ${name}`]).status === 0,
    );
  }
  if (file !== undefined) return existsSync(file);
  const { stdout } = spawnSync('ldconfig', ['-p'], { env: withSbin(), encoding: 'utf8' });
  return (stdout ?? '').includes(library);
}

function isProgram(name) {
  return withSbin()
    .PATH.split(delimiter)
    .some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Some users' PATH has no sbin. */
function withSbin() {
  const path = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].join(delimiter);
  return { ...process.env, PATH: path };
}

/** Whether apt has a package by that name: Ubuntu has renamed some. */
function isInstallable(name) {
  const { stdout } = spawnSync('apt-cache', ['policy', name], {
    env: { ...process.env, LC_ALL: 'C' },
    encoding: 'utf8',
  });
  return /Candidate: (?!\(none\))/.test(stdout ?? '');
}

/** Runs `work` while no other set-up of this checkout does; one that died does not count. */
function alone(work) {
  const lock = join(root, '.setup-lock');
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      writeFileSync(lock, `${process.pid}`, { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAlive(lock)) Atomics.wait(pause, 0, 0, 500);
    else rmSync(lock, { force: true });
  }
  process.once('exit', () => rmSync(lock, { force: true }));
  work();
}

/** Whether the process that a lock names runs; one that was just made names none yet. */
function isAlive(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    if (pid === 0) return Date.now() - modifiedMs(lock) < 5000;
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Whether every module that the lockfile wants is there in that version; other systems' ones may not be. */
function modulesAreCurrent() {
  const folder = join(root, 'node_modules');
  // somebody else's, who keeps it current; npm would empty it under them
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  const installed = packagesOf(join(folder, '.package-lock.json'));
  const wanted = packagesOf(join(root, 'package-lock.json'));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(lockfile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** `npm ci`, once more with a compiler where a native module has no ready-made build. */
function installModules() {
  console.error(
    'Installing node_modules, which takes a minute, and some more where a native module must be compiled.',
  );
  // each package and each compiler call is told: npm by itself says nothing before it has ended
  const loud = purpose === 'demo' ? ['--loglevel', 'http', '--foreground-scripts'] : [];
  const install = () => tryRun('npm', ['ci', '--no-audit', '--no-fund', ...loud]) && sqliteLoads();
  if (install()) return;
  if (programs.compiler.every(isThere)) fail('npm ci failed');
  installPrograms(programs.compiler, 'required');
  if (!install()) fail('npm ci failed');
}

function sqliteLoads() {
  const script = "new (require('better-sqlite3'))(':memory:').close()";
  return spawnSync(process.execPath, ['-e', script], { cwd: root }).status === 0;
}

/** Whether dist was built after the last change to the sources. */
function distIsCurrent() {
  const built = modifiedMs(join(root, 'dist', 'program', 'core.cjs.code'));
  const sources = readdirSync(join(root, 'src'), { recursive: true }).map((path) =>
    join(root, 'src', path),
  );
  const settings = [
    'tsconfig.json',
    'tsconfig.build.json',
    'package.json',
    'scripts/bundle.js',
    'scripts/keep-code.js',
    'bin/load-program.js',
  ];
  const newest = [...sources, ...settings.map((name) => join(root, name))].map(modifiedMs);
  return newest.every((time) => time <= built);
}

function modifiedMs(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function run(command, args, env = process.env) {
  if (!tryRun(command, args, env)) fail(`This failed: ${[command, ...args].join(' ')}`);
}

/** Its output goes to standard error: standard output is for whoever comes after the set-up. */
function tryRun(command, args, env = process.env) {
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  return status === 0;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
