/** The texts that a release changes, as pure functions. */

const unreleased = /^## \[Unreleased\]\n/m;

/**
 * Whether `next` is a version (semver.org) that comes after `current`.
 *
 * @param {string} current
 * @param {string} next
 */
export function isLater(current, next) {
  const [a, b] = [current, next].map(partsOf);
  if (a === undefined || b === undefined) return false;
  for (const index of [0, 1, 2]) {
    if (a.numbers[index] !== b.numbers[index]) return a.numbers[index] < b.numbers[index];
  }
  if (a.before === undefined || b.before === undefined) return a.before !== undefined;
  return a.before < b.before;
}

function partsOf(version) {
  const match = /^(\d+)\.(\d+)\.(\d+)(?:-rc\.(\d+))?$/.exec(version);
  if (match === null) return undefined;
  const [major, minor, patch, before] = match.slice(1).map((part) => part && Number(part));
  return { numbers: [major, minor, patch], before };
}

/**
 * The changelog (keepachangelog.com) with what is unreleased under the version, and an empty section before it.
 *
 * @param {string} changelog
 * @param {string} version
 * @param {string} date YYYY-MM-DD
 * @throws {Error} if nothing is unreleased
 */
export function releasedChangelog(changelog, version, date) {
  if (notesOf(changelog, 'Unreleased') === '') {
    throw new Error('CHANGELOG.md has nothing under "## [Unreleased]"');
  }
  return changelog.replace(unreleased, `## [Unreleased]\n\n## [${version}] - ${date}\n`);
}

/** What a section of the changelog says; empty where there is none. */
export function notesOf(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((text) => text.startsWith(`[${version}]`)) ?? '';
  return section.split('\n').slice(1).join('\n').trim();
}

/** package.json or package-lock.json with another version of the project itself. */
export function withVersion(text, version) {
  const file = JSON.parse(text);
  file.version = version;
  if (file.packages?.[''] !== undefined) file.packages[''].version = version;
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
