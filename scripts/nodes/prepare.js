/**
 * Makes a copy of the checkout that runs on another Node.js, with native modules that fit it, in `.nodes/LINE/`: the Node.js
 * (`node`), and the copy (`checkout`). What is made of the checkout's files is made anew each time; Node.js and modules stay until
 * another release or another lockfile asks for others. The checkout's own node_modules is only read.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiledPackages, compilerEnvironment } from '../package/native-modules.js';
import { npmCommand, run } from '../package/run.js';
import { root } from '../package/settings.js';
import { fetchNode } from '../package/shipped-node.js';
import { lineOf } from './settings.js';

/** Tests compare it with what Node.js has; of the others duplifs is tested without those that cannot be compiled. */
const neededPackage = 'better-sqlite3';
const nativePackages = [neededPackage, ...compiledPackages];

/**
 * @param {import('../package/shipped-node.js').PinnedNode} pinned
 * @returns {{ checkout: string, binary: string }} the folder to run tests in, and the Node.js to run them with
 * @throws {Error} if it cannot be fetched, or a needed module cannot be made
 */
export function prepare(pinned) {
  const folder = join(root, '.nodes', lineOf(pinned));
  const node = nodeIn(folder, pinned);
  const checkout = join(folder, 'checkout');
  copySources(checkout);
  makeModules(folder, checkout, node);
  copyBuild(checkout, node);
  return { checkout, binary: node.binary };
}

function nodeIn(folder, pinned) {
  const unpacked = join(folder, 'node');
  const binary = join(unpacked, 'bin/node');
  const done = join(folder, 'node.done');
  if (isDone(done, pinned.integrity)) return { folder: unpacked, binary };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const node = fetchNode(folder, pinned);
  rmSync(join(folder, `${pinned.package}-${pinned.version}.tgz`));
  writeFileSync(done, pinned.integrity);
  return node;
}

/** The files that Git knows or would take, as they are now, with a history of one commit: tests ask Git for its files. */
function copySources(checkout) {
  mkdirSync(checkout, { recursive: true });
  for (const name of readdirSync(checkout)) {
    if (name !== 'node_modules') rmSync(join(checkout, name), { recursive: true, force: true });
  }
  const listed = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
  });
  const names = listed.split('\0').filter((name) => name !== '' && existsSync(join(root, name)));
  const input = names.join('\0');
  // with their times, by which the set-up sees whether dist is current
  const archive = ['--null', '--files-from=-', '-cf', '-'];
  const pipe = 'tar -C "$1" "${@:3}" | tar -C "$2" -xf -';
  run('bash', ['-o', 'pipefail', '-c', pipe, 'copy', root, checkout, ...archive], { input });
  const git = (...words) => run('git', words, { cwd: checkout, input });
  const someone = ['-c', 'user.name=duplifs', '-c', 'user.email=tests@duplifs.example.org'];
  git('init', '--quiet');
  git('add', '--force', '--pathspec-from-file=-', '--pathspec-file-nul');
  git(...someone, '-c', 'commit.gpgSign=false', 'commit', '--quiet', '--message', 'Copy');
}

/** node_modules by hard links, but for packages with native modules: those are copied, and made for this Node.js. */
function makeModules(folder, checkout, node) {
  const done = join(folder, 'modules.done');
  const state = stateOfModules(node);
  if (isDone(done, state)) return;
  rmSync(done, { force: true });
  const modules = join(checkout, 'node_modules');
  rmSync(modules, { recursive: true, force: true });
  linkFolder(join(root, 'node_modules'), modules);
  for (const name of ['.vite', '.vite-temp', ...nativePackages]) {
    rmSync(join(modules, name), { recursive: true, force: true });
  }
  for (const name of nativePackages) {
    run('cp', ['-a', join(root, 'node_modules', name), join(modules, name)]);
    for (const built of ['build', 'lib/protocol/crypto/build']) {
      rmSync(join(modules, name, built), { recursive: true, force: true });
    }
  }
  // those of its authors where one fits and can be had, the compiler otherwise
  const compiling = join(folder, 'compiling');
  mkdirSync(compiling, { recursive: true });
  const env = { ...process.env, ...compilerEnvironment(compiling, node), JOBS: 'max' };
  run(node.binary, [npmCommand(), 'rebuild', ...nativePackages], { cwd: checkout, env });
  rmSync(compiling, { recursive: true });
  const loads = (name) => run(node.binary, ['-e', `require('${name}')`], { cwd: checkout });
  loads(neededPackage);
  writeFileSync(done, state);
}

function stateOfModules({ folder }) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(folder).update(lock).digest('hex');
}

/** Hard links cost no room; where they cannot be made, on another disk, it is a copy. */
function linkFolder(from, to) {
  mkdirSync(to);
  try {
    run('cp', ['-al', `${from}/.`, to]);
  } catch {
    run('cp', ['-a', `${from}/.`, to]);
  }
}

/** dist as the checkout has it; the code of V8, which is of one release, is kept anew. */
function copyBuild(checkout, { binary }) {
  run('cp', ['-a', join(root, 'dist'), join(checkout, 'dist')]);
  run(binary, ['scripts/keep-code.js'], { cwd: checkout });
}

function isDone(file, state) {
  return existsSync(file) && readFileSync(file, 'utf8') === state;
}
