/** Installs the production dependencies, with their native modules compiled for the Node.js that is shipped. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npmCommand, run } from './run.js';
import { root } from './settings.js';

/** What must be there after the compilation: npm passes over failures of what is optional. */
export const nativeFiles = [
  'better-sqlite3/build/Release/better_sqlite3.node',
  'cpu-features/build/Release/cpufeatures.node',
  'fuse-native/build/Release/fuse.node',
  'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node',
];
/** The packages of npm that have them. */
export const compiledPackages = ['better-sqlite3', 'cpu-features', 'fuse-native', 'ssh2'];
/** It has the stable interface of Node-API, and comes ready-made from its authors, held by the lockfile. */
export const readyMadeFiles = ['@koromix/koffi-linux-x64/linux_x64/koffi.node'];

/**
 * @param {string} folder an empty folder; `node_modules` is made in it
 * @param {{ folder: string, binary: string }} node the Node.js to compile for (fetchNode)
 * @throws {Error} if npm or a compiler fails
 */
export function installModules(folder, node) {
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(root, name), join(folder, name));
  }
  const env = { ...compilerEnvironment(folder, node), npm_config_build_from_source: 'true' };
  const npm = (...args) => run(node.binary, [npmCommand(), ...args], { cwd: folder, env });
  npm(
    'ci',
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--os=linux',
    '--cpu=x64',
    '--libc=glibc',
  );
  npm('rebuild', ...compiledPackages);
  const modules = join(folder, 'node_modules');
  for (const file of [...nativeFiles, ...readyMadeFiles]) {
    if (!existsSync(join(modules, file))) throw new Error(`"${file}" was not made`);
  }
  // by this name fuse.node asks for it, and finds it beside itself
  const release = join(modules, 'fuse-native/build/Release');
  copyFileSync(join(release, 'libfuse.so'), join(release, 'libfuse.so.2'));
  const stripped = [
    ...nativeFiles.map((file) => join(modules, file)),
    join(release, 'libfuse.so.2'),
  ];
  for (const file of stripped) run('strip', ['--strip-unneeded', file]);
}

/** Nothing of where and when it is compiled gets into what is compiled. */
export function compilerEnvironment(folder, node) {
  const flags = `-ffile-prefix-map=${folder}=. -ffile-prefix-map=${node.folder}=node`;
  const home = join(folder, '.home');
  mkdirSync(home, { recursive: true });
  return {
    PATH: `${dirname(node.binary)}:${process.env.PATH}`,
    HOME: process.env.HOME,
    TMPDIR: home,
    LC_ALL: 'C.UTF-8',
    CFLAGS: flags,
    CXXFLAGS: flags,
    LDFLAGS: "-Wl,--build-id=none -Wl,-rpath,'$$ORIGIN'",
    npm_config_nodedir: node.folder,
    npm_config_update_notifier: 'false',
  };
}
