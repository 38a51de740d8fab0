/**
 * Lays out the program as it is shipped: a folder that holds its own Node.js and needs nothing outside but libc, libstdc++
 * and what duplifs calls (fusermount3, gpg and so on). Both packages are made of it.
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyDependencies, filesBelow } from './dependency-files.js';
import { isCompatible, joinedNames, licenceOf, licenceText } from './licences.js';
import { installModules, nativeFiles } from './native-modules.js';
import { run, runOn } from './run.js';
import { billOfMaterials } from './sbom.js';
import { manifest, root, sourceDateSeconds } from './settings.js';
import { fetchNode } from './shipped-node.js';

/** Docs for users; those for contributors stay in the repository. */
export const userDocs = [
  'cli.md',
  'commands.md',
  'coming-from-duplicity.md',
  'duplicity-options.md',
  'fstab-systemd.md',
  'install.md',
  'keys.md',
  'performance.md',
  'profiles.md',
  'recording.svg',
  'schedule.md',
  'security.md',
  'storage',
  'writing.md',
];
const executable = /^bin\/(?!load-)/;

/**
 * @typedef {object} Staged
 * @property {string} program the folder of the program
 * @property {string} documents README, CHANGELOG, licences, docs/, the bill of materials
 * @property {string} pages `man1`, `man5`, `man7`
 * @property {string} completions the scripts for shells
 * @property {string} sbom the bill of materials, as text
 * @property {import('./settings.js').Architecture} architecture
 * @property {readonly string[]} elf files with machine code, below `program`
 */

/**
 * Makes it in a temporary folder, hands it to `use`, and removes it.
 *
 * @template T
 * @param {import('./settings.js').Architecture} architecture
 * @param {(staged: Staged) => T} use
 * @returns {T}
 */
export function withStage(architecture, use) {
  const folder = mkdtempSync(join(tmpdir(), 'duplifs-package-'));
  try {
    return use(stage(folder, architecture));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stage(folder, architecture) {
  const [nodeFolder, modules, program, documents] = ['node', 'modules', 'program', 'doc'].map(
    (name) => join(folder, name),
  );
  for (const made of [nodeFolder, modules, program, documents]) mkdirSync(made);
  const node = fetchNode(nodeFolder, architecture.node, architecture.name);
  installModules(modules, node, architecture);
  const joined = joinedNames(join(root, 'dist/program'));
  const packages = copyDependencies(modules, program, { joined, leftOut: architecture.leftOut });
  copyProgram(program, node);
  makeRegular(program);
  checkImports(program, architecture);

  // what the program's files hold is not installed for it
  const shipped = [
    ...packages.map((path) => licenceOf(join(modules, path))),
    ...joined.map((name) => licenceOf(join(root, 'node_modules', name))),
  ];
  const sbom = billOfMaterials({ folder: modules, shipped, node: architecture.node });
  copyDocuments(documents, { sbom, node, shipped, version: architecture.node.version });
  makeRegular(documents);
  run(process.execPath, [join(root, 'scripts/document-man.js'), folder], {
    env: { ...process.env, SOURCE_DATE_EPOCH: `${sourceDateSeconds()}` },
  });
  const elf = filesBelow(program, { isDeep: true }).filter((path) => isElf(join(program, path)));
  const lacking = nativeFiles(architecture).filter((file) => !elf.includes(`node_modules/${file}`));
  if (lacking.length > 0) throw new Error(`These were left out: ${lacking.join(', ')}`);
  return {
    program,
    documents,
    pages: join(folder, 'man'),
    completions: join(folder, 'completions'),
    sbom,
    elf,
    architecture,
  };
}

/** The program's own files, its Node.js, and what starts it. */
function copyProgram(program, node) {
  const { name, version, description, license, type } = manifest;
  const own = JSON.stringify({ name, version, description, license, type }, undefined, 2);
  writeFileSync(join(program, 'package.json'), `${own}\n`);
  // what V8 made of the program is of another Node.js
  const isTaken = (path) => !path.endsWith('.code');
  cpSync(join(root, 'dist/program'), join(program, 'dist/program'), {
    recursive: true,
    filter: isTaken,
  });
  cpSync(join(root, 'bin'), join(program, 'bin'), { recursive: true, filter: isTaken });
  copyFileSync(node.binary, join(program, 'bin/node'));
  copyFileSync(join(root, 'packaging/program/duplifs'), join(program, 'bin/duplifs'));
  symlinkSync('duplifs', join(program, 'bin/mount.duplifs'));
  symlinkSync('duplifs.js', join(program, 'bin/duplicity'));
}

function copyDocuments(documents, { sbom, node, shipped, version }) {
  copyFileSync(join(root, 'README.md'), join(documents, 'README.md'));
  copyFileSync(join(root, 'CHANGELOG.md'), join(documents, 'CHANGELOG.md'));
  for (const name of userDocs) {
    cpSync(join(root, 'docs', name), join(documents, 'docs', name), { recursive: true });
  }
  writeFileSync(join(documents, 'sbom.cdx.json'), sbom);
  for (const { name, licence } of shipped) {
    if (!isCompatible(licence)) throw new Error(`"${name}" may not be shipped: ${licence}`);
  }
  const text = licenceText({
    own: readFileSync(join(root, 'LICENSE'), 'utf8'),
    packages: shipped,
    node: readFileSync(node.licence, 'utf8'),
    nodeVersion: version,
  });
  writeFileSync(join(documents, 'LICENCES'), text);
}

/** The same modes whatever the mask and the packages of npm have. */
function makeRegular(folder) {
  chmodSync(folder, 0o755);
  for (const path of filesAndFolders(folder)) {
    const info = lstatSync(join(folder, path));
    if (info.isSymbolicLink()) continue;
    const mode = info.isDirectory() || executable.test(path) ? 0o755 : 0o644;
    chmodSync(join(folder, path), mode);
  }
}

function filesAndFolders(folder) {
  return run('find', ['.', '-mindepth', '1', '-printf', '%P\\0'], { cwd: folder })
    .split('\0')
    .filter((path) => path !== '');
}

/**
 * That each package which the program names can be loaded by the Node.js that is shipped, from what is left of it. Where that
 * cannot be run here nothing is known, and it is said.
 */
function checkImports(program, { name: machine }) {
  const node = join(program, 'bin/node');
  const found = runOn(machine, node, [join(program, 'bin/duplifs.js'), '--version'])?.trim();
  if (found === undefined) {
    console.error(
      `Not tried: this machine cannot run programs for ${machine} (qemu-user-static, libc6-arm64-cross, libstdc++6-arm64-cross)`,
    );
    return;
  }
  if (!found.includes(manifest.version)) throw new Error(`The program says that it is "${found}"`);
  const sources = filesBelow(join(program, 'dist/program')).filter((name) => /\.c?js$/.test(name));
  const names = new Set(
    sources.flatMap((name) =>
      importedBy(readFileSync(join(program, 'dist/program', name), 'utf8')),
    ),
  );
  const script = [
    "import { createRequire } from 'node:module';",
    'const require = createRequire(import.meta.url);',
    'for (const name of JSON.parse(process.argv[2])) {',
    "  if (name === 'openpgp') require(name); else await import(name);",
    '}',
    'process.exit(0);',
  ].join('\n');
  const file = join(program, 'dist/load-all.js');
  writeFileSync(file, script);
  const inPackages = [...names].filter((name) => isLocked(program, name));
  if (inPackages.length < 15) throw new Error(`Only these are named: ${inPackages.join(', ')}`);
  runOn(machine, node, [file, JSON.stringify(inPackages)]);
  rmSync(file);
}

/** What a file imports or requires by name. */
export function importedBy(source) {
  const calls = source.matchAll(
    /(?:\bfrom|\bimport|\b(?:import|require)\(|\)\()\s*["']([@a-z][\w@./-]*)["']/g,
  );
  return [...new Set([...calls].map(([, name]) => name))];
}

function isLocked(program, name) {
  const parts = name.split('/');
  const folder = parts.slice(0, name.startsWith('@') ? 2 : 1).join('/');
  const info = lstatSync(join(program, 'node_modules', folder), { throwIfNoEntry: false });
  return info !== undefined;
}

function isElf(path) {
  if (!lstatSync(path).isFile()) return false;
  return readFileSync(path).subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));
}
