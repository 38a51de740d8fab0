/**
 * Makes the manual pages and the scripts for completion, where packages take them from: man/ and completions/. They are not
 * kept in the repository, for all that is in them is: the texts of --help, docs/ and src/cli/completion/shells. Run it with
 * `npm run docs:man`. Their date is SOURCE_DATE_EPOCH or that of the last commit, so that the same commit makes the same bytes.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { personalityOf } from '../dist/cli/personality.js';
import { newProgram } from '../dist/cli/program.js';
import { manualPages } from './man/pages.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const date = new Date(lastChangeSeconds() * 1000).toISOString().slice(0, 10);
const program = newProgram(personalityOf('duplifs', {}));
const into = process.argv[2] ?? root;

rmSync(join(into, 'man'), { recursive: true, force: true });
for (const page of manualPages({ program, version, date })) {
  const folder = join(into, 'man', `man${page.section}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${page.name}.${page.section}`), page.toString());
}
rmSync(join(into, 'completions'), { recursive: true, force: true });
cpSync(join(root, 'src/cli/completion/shells'), join(into, 'completions'), { recursive: true });

function lastChangeSeconds() {
  const given = Number(process.env.SOURCE_DATE_EPOCH);
  if (given > 0) return given;
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], {
    cwd: root,
    encoding: 'utf8',
  });
  return Number(stdout) || Math.floor(Date.now() / 1000);
}
