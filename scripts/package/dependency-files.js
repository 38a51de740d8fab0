/** Copies the packages of npm that are needed at run time, without what is not needed of them. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nameOf, neededPackages } from './dependencies.js';
import { isEsBuildUnused, isNeededFile } from './needed-files.js';

/**
 * @param {string} from a folder with `package-lock.json` and `node_modules`
 * @param {string} to where `node_modules` is made
 * @param {{ joined: readonly string[], leftOut: readonly string[] }} names what the program's files hold themselves, and which
 * optional packages are not wanted
 * @returns {string[]} the paths of the packages, `node_modules/…`
 */
export function copyDependencies(from, to, { joined, leftOut }) {
  const { packages } = JSON.parse(readFileSync(join(from, 'package-lock.json'), 'utf8'));
  const isThere = (path) => !leftOut.includes(nameOf(path)) && existsSync(join(from, path));
  const needed = neededPackages(packages, joined, isThere);
  for (const path of needed) copyPackage(join(from, path), join(to, path), nameOf(path));
  return needed;
}

function copyPackage(from, to, name) {
  const withoutEsBuild = isEsBuildUnused(JSON.parse(readFileSync(join(from, 'package.json'))));
  for (const path of filesBelow(from)) {
    if (!isNeededFile(name, path)) continue;
    if (withoutEsBuild && path.startsWith('dist-es/')) continue;
    mkdirSync(dirname(join(to, path)), { recursive: true });
    copyFileSync(join(from, path), join(to, path));
  }
}

/** All files below a folder, as paths below it; not those of packages within a package, which count by themselves. */
export function filesBelow(folder, { isDeep = false } = {}) {
  const found = [];
  const look = (below) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (!entry.isDirectory()) found.push(path);
      else if (isDeep || entry.name !== 'node_modules') look(path);
    }
  };
  look('');
  return found.sort();
}
