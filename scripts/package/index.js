/**
 * Makes what is published: `node scripts/package/index.js portable|deb|all [FOLDER]`, into release/ or FOLDER, with a bill of
 * materials and SHA256SUMS. The same commit makes the same bytes on the same system. Takes some minutes, for native modules
 * are compiled for the Node.js that is shipped.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeChecksums } from './checksums.js';
import { makeDebian } from './debian.js';
import { makePortable } from './portable.js';
import { manifest, root } from './settings.js';
import { withStage } from './stage.js';

const makers = { portable: [makePortable], deb: [makeDebian], all: [makePortable, makeDebian] };

const [kind = 'all', folder = join(root, 'release')] = process.argv.slice(2);
if (!Object.hasOwn(makers, kind)) {
  console.error(`Say what to make: ${Object.keys(makers).join(', ')}`);
  process.exit(2);
}
process.umask(0o022);
const into = resolve(folder);
mkdirSync(into, { recursive: true });
withStage((staged) => {
  for (const make of makers[kind]) console.log(join(into, make(staged, into)));
  writeFileSync(join(into, `duplifs-${manifest.version}.cdx.json`), staged.sbom);
});
process.stdout.write(writeChecksums(into));
