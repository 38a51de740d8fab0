/** Which packages of npm the program needs when it runs. */

/** What compiles or fetches native modules, and what another JavaScript engine or another system would take. */
const neverLoaded =
  /^(prebuild-install|nan|buildcheck|napi-macros|bare-.*|fuse-shared-library-(darwin|linux-arm))$/;

/**
 * The packages that are needed at run time, as paths of the lockfile (`node_modules/a/node_modules/b`), sorted.
 *
 * @param {Readonly<Record<string, LockedPackage>>} locked `packages` of package-lock.json
 * @param {readonly string[]} joined packages that are part of the program's own files (scripts/bundle.js)
 * @param {(path: string) => boolean} isInstalled whether an optional package is there: those of other systems are not
 * @returns {string[]}
 * @throws {Error} if the lockfile lacks what a package needs
 *
 * @typedef {{ dependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }} LockedPackage
 */
export function neededPackages(locked, joined, isInstalled) {
  const needed = new Set();
  const look = (from, { dependencies = {}, optionalDependencies = {} }) => {
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (neverLoaded.test(name) || (from === '' && joined.includes(name))) continue;
      const path = placeOf(name, from, locked);
      const isOptional = Object.hasOwn(optionalDependencies, name);
      if (isOptional && (path === undefined || !isInstalled(path))) continue;
      if (path === undefined) throw new Error(`"${name}", which "${from}" needs, is not locked`);
      if (needed.has(path)) continue;
      needed.add(path);
      look(path, locked[path]);
    }
  };
  look('', locked['']);
  return [...needed].sort();
}

/** Where Node.js finds a package from another: in its own node_modules, or in those of a folder above. */
function placeOf(name, from, locked) {
  for (let folder = from; ;) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (Object.hasOwn(locked, path)) return path;
    if (folder === '') return undefined;
    const above = folder.lastIndexOf('node_modules/');
    folder = folder.slice(0, Math.max(0, above - 1));
  }
}

/** The name of a package, from its path in the lockfile. */
export function nameOf(path) {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}
