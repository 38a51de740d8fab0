/**
 * Makes what is published: `node scripts/package/index.js portable|deb|all [FOLDER] [--arch x64|arm64]`, into release/ or
 * FOLDER, with a bill of materials and SHA256SUMS. The same commit makes the same bytes on the same system. Takes some minutes, for native modules
 * are compiled for the Node.js that is shipped; for another machine than x64 none are.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeChecksums } from './checksums.js';
import { makeDebian } from './debian.js';
import { makePortable } from './portable.js';
import { architectures, manifest, root } from './settings.js';
import { withStage } from './stage.js';

const makers = { portable: [makePortable], deb: [makeDebian], all: [makePortable, makeDebian] };

const { positionals, values } = parseArgs({
  options: { arch: { type: 'string', default: 'x64' } },
  allowPositionals: true,
});
const [kind = 'all', folder = join(root, 'release')] = positionals;
if (!Object.hasOwn(makers, kind)) {
  console.error(`Say what to make: ${Object.keys(makers).join(', ')}`);
  process.exit(2);
}
if (!Object.hasOwn(architectures, values.arch)) {
  console.error(`Say for which machine: --arch ${Object.keys(architectures).join(', --arch ')}`);
  process.exit(2);
}
const architecture = architectures[values.arch];
process.umask(0o022);
const into = resolve(folder);
mkdirSync(into, { recursive: true });
// one for each machine, for their Node.js and koffi are not the same
const machine = architecture.name === 'x64' ? '' : `-${architecture.name}`;
const billName = `duplifs-${manifest.version}${machine}.cdx.json`;
withStage(architecture, (staged) => {
  for (const make of makers[kind]) console.log(join(into, make(staged, into)));
  writeFileSync(join(into, billName), staged.sbom);
});
process.stdout.write(writeChecksums(into));
