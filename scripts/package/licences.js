/** The licences of all that is shipped, for people: packages of npm, those joined into the program's files, and Node.js. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What may be shipped beside a program under the MIT licence. openpgp (LGPL) stays a package of its own, as it came. */
export const compatible = new Set(
  '0BSD Apache-2.0 BlueOak-1.0.0 BSD-2-Clause BSD-3-Clause ISC LGPL-3.0+ MIT MIT-0 Unlicense WTFPL'.split(
    ' ',
  ),
);

/**
 * @typedef {object} Shipped a package that is shipped
 * @property {string} name
 * @property {string} version
 * @property {string} licence an SPDX expression
 * @property {string} [text] of the licence, as its authors give it
 */

/**
 * What the folder of a package says of its licence.
 *
 * @param {string} folder
 * @returns {Shipped}
 * @throws {Error} if it says nothing
 */
export function licenceOf(folder) {
  const { name, version, license, licenses } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const licence = license?.type ?? license ?? licenses?.map(({ type }) => type).join(' OR ');
  if (!licence) throw new Error(`The package "${name}" does not say its licence`);
  const files = readdirSync(folder).filter((file) =>
    /^(licen[cs]e|copying|notice|unlicense)([.-].*)?$/i.test(file),
  );
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { name, version, licence, text: texts.length > 0 ? texts.join('\n\n') : undefined };
}

/** Whether a licence, or one of those to choose from, is compatible. */
export function isCompatible(licence) {
  return licence
    .replace(/^\(|\)$/g, '')
    .split(' OR ')
    .some((one) => compatible.has(one));
}

/**
 * One text with all licences, each text once.
 *
 * @param {object} parts
 * @param {string} parts.own our own licence
 * @param {readonly Shipped[]} parts.packages of npm
 * @param {string} parts.node the licence of Node.js, with all that it is made of
 * @param {string} parts.nodeVersion
 * @returns {string}
 */
export function licenceText({ own, packages, node, nodeVersion }) {
  const byText = new Map();
  for (const shipped of packages) {
    const key = shipped.text ?? `This package says that its licence is ${shipped.licence}.`;
    byText.set(key, [...(byText.get(key) ?? []), shipped]);
  }
  const rule = '-'.repeat(78);
  const parts = [
    `duplifs\n\n${own.trim()}`,
    `fuse-native brings libfuse 2.9 (libfuse.so.2), a shared library under the GNU Lesser General Public License 2.1, of which
Debian has a copy in /usr/share/common-licenses/LGPL-2.1. Its source is at https://github.com/libfuse/libfuse;
put another build of it in its place to change it. Node.js holds SQLite, which is in the public domain.`,
    ...[...byText].map(([text, those]) => `${those.map(titleOf).join('\n')}\n\n${text}`),
    `Node.js ${nodeVersion}\n\n${node.trim()}`,
  ];
  return `${parts.join(`\n\n${rule}\n\n`)}\n`;
}

function titleOf({ name, version, licence }) {
  return `${name} ${version} (${licence})`;
}

/** The licences of packages that are part of the program's own files: scripts/bundle.js lays them beside. */
export function joinedNames(program) {
  if (!existsSync(program)) throw new Error(`"${program}" is not there: npm run build makes it`);
  return readdirSync(program)
    .filter((name) => name.startsWith('LICENSE.'))
    .map((name) => name.slice('LICENSE.'.length).replace('+', '/'))
    .sort();
}
