/**
 * Makes a release: `npm run release -- VERSION` says what it would do, and does it with `--really`: the version in package.json and
 * package-lock.json, the section of CHANGELOG.md, a commit, a tag, and in release/ what is published with its checksums. It
 * publishes nothing. CONTRIBUTING.md has the list of what to look at before and after.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { isLater, notesOf, releasedChangelog, withVersion } from './release/texts.js';

const args = process.argv.slice(2);
const isReal = args.includes('--really');
const withPackages = !args.includes('--no-packages');
const [version, ...others] = args.filter((word) => !word.startsWith('--'));

try {
  release();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

function release() {
  const current = JSON.parse(readFileSync('package.json', 'utf8')).version;
  if (version === undefined || others.length > 0) {
    throw new Error('Call it as: npm run release -- VERSION [--really] [--no-packages]');
  }
  // the first release has the version that is there
  const isFirst = version === current && git('tag', '--list', 'v*') === '';
  if (!isFirst && !isLater(current, version)) {
    throw new Error(
      `"${version}" is no version (1.2.3 or 1.2.3-rc.1) that comes after "${current}"`,
    );
  }
  const problems = problemsOf(version);
  const date = new Date().toISOString().slice(0, 10);
  const changelog = releasedChangelog(readFileSync('CHANGELOG.md', 'utf8'), version, date);
  const files = {
    'package.json': withVersion(readFileSync('package.json', 'utf8'), version),
    'package-lock.json': withVersion(readFileSync('package-lock.json', 'utf8'), version),
    'CHANGELOG.md': changelog,
  };
  console.log(
    `${isReal ? 'Releasing' : 'A release would be made of'} ${current} as ${version}, ${date}:\n`,
  );
  console.log(`${notesOf(changelog, version)}\n`);
  for (const problem of problems) console.log(`In the way: ${problem}`);
  if (!isReal) {
    console.log(
      `Nothing was changed. With --really: ${Object.keys(files).join(', ')}, a commit, the tag v${version}, packages`,
    );
    return;
  }
  if (problems.length > 0) throw new Error('Nothing was changed');
  for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
  git('commit', '--quiet', '--message', `Release ${version}`, ...Object.keys(files));
  git('tag', '--annotate', `v${version}`, '--message', `duplifs ${version}`);
  if (withPackages) run('npm', ['run', '--silent', 'package']);
  console.log(`Done. To publish: git push origin main v${version}, and the files of release/`);
}

function problemsOf(wanted) {
  const problems = [];
  if (git('status', '--porcelain') !== '')
    problems.push('there are changes that are not committed');
  const branch = git('branch', '--show-current');
  if (branch !== 'main') problems.push(`this is the branch "${branch}", and not main`);
  if (git('tag', '--list', `v${wanted}`) !== '')
    problems.push(`the tag v${wanted} is there already`);
  return problems;
}

function git(...words) {
  const { status, stdout, stderr } = spawnSync('git', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${words[0]} failed: ${stderr.trim()}`);
  return stdout.trim();
}

function run(command, words) {
  const { status } = spawnSync(command, words, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`This failed: ${[command, ...words].join(' ')}`);
}
