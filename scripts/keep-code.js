/**
 * Keeps the machine code of the program beside it, for bin/load-program.js: what V8 has compiled once the program has
 * made a backup, listed it and restored it. `npm run build` calls it after scripts/bundle.js.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import { codeFile, run, scriptOf } from '../bin/load-program.js';

// the code is taken by a process whose flags are those of the one that kept it, and the program sets one
v8.setFlagsFromString = () => undefined;
const script = scriptOf();
const program = run(script);

const work = mkdtempSync(join(tmpdir(), 'duplifs-build-'));
try {
  const source = join(work, 'source');
  mkdirSync(source);
  writeFileSync(join(source, 'file'), 'some text\n'.repeat(1000));
  const url = `file://${join(work, 'backup')}`;
  const passphrase = join(work, 'passphrase');
  writeFileSync(passphrase, 'secret\n', { mode: 0o600 });
  const common = [
    '--passphrase-file',
    passphrase,
    '--archive-dir',
    join(work, 'archive'),
    '--verbosity',
    '0',
  ];
  const write = process.stdout.write;
  process.stdout.write = () => true;
  for (const line of [
    ['--help'],
    ['backup', ...common, source, url],
    ['backup', ...common, source, url],
    ['collection-status', ...common, url],
    ['list-current-files', ...common, url],
    ['restore', ...common, url, join(work, 'restored')],
  ]) {
    process.argv = [process.execPath, 'duplifs', ...line];
    await program.main();
    if (process.exitCode)
      throw new Error(`"duplifs ${line.join(' ')}" failed while its code was kept`);
  }
  process.stdout.write = write;
  writeFileSync(codeFile, script.createCachedData());
} finally {
  rmSync(work, { recursive: true, force: true });
}
