/** Installs the production dependencies, with their native modules compiled for the Node.js that is shipped. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npmCommand, run } from './run.js';
import { root } from './settings.js';

/** What must be there after the compilation: npm passes over failures of what is optional. */
const compiledFiles = [
  'cpu-features/build/Release/cpufeatures.node',
  'fuse-native/build/Release/fuse.node',
  'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node',
];
/** The packages of npm that have them. */
export const compiledPackages = ['cpu-features', 'fuse-native', 'ssh2'];
/** It has the stable interface of Node-API, and comes ready-made from its authors, held by the lockfile. */
const readyMade = (name) => `@koromix/koffi-linux-${name}/linux_${name}/koffi.node`;

/** The native modules that the packages for a machine have, below node_modules. */
export function nativeFiles({ name }) {
  return name === 'x64' ? [...compiledFiles, readyMade(name)] : [readyMade(name)];
}

/**
 * For x64 what is native is compiled; for others there are the ready-made files alone, and JavaScript in place of the rest.
 *
 * @param {string} folder an empty folder; `node_modules` is made in it
 * @param {{ folder: string, binary: string }} node the Node.js to compile for (fetchNode)
 * @param {import('./settings.js').Architecture} architecture
 * @throws {Error} if npm or a compiler fails
 */
export function installModules(folder, node, architecture) {
  for (const name of ['package.json', 'package-lock.json']) {
    copyFileSync(join(root, name), join(folder, name));
  }
  const isCompiled = architecture.name === 'x64';
  const compiling = { ...compilerEnvironment(folder, node), npm_config_build_from_source: 'true' };
  const env = isCompiled ? compiling : process.env;
  const npmNode = isCompiled ? node.binary : process.execPath;
  const npm = (...args) => run(npmNode, [npmCommand(), ...args], { cwd: folder, env });
  npm(
    'ci',
    '--omit=dev',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--os=linux',
    `--cpu=${architecture.name}`,
    '--libc=glibc',
  );
  if (isCompiled) npm('rebuild', ...compiledPackages);
  const modules = join(folder, 'node_modules');
  for (const file of nativeFiles(architecture)) {
    if (!existsSync(join(modules, file))) throw new Error(`"${file}" was not made`);
  }
  if (!isCompiled) return;
  // by this name fuse.node asks for it, and finds it beside itself
  const release = join(modules, 'fuse-native/build/Release');
  copyFileSync(join(release, 'libfuse.so'), join(release, 'libfuse.so.2'));
  const stripped = [
    ...compiledFiles.map((file) => join(modules, file)),
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
