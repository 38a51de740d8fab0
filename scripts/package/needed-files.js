/** Which files of a package of npm are needed when the program runs: not its tests, types, maps and sources. */

const otherFolders = new Set(
  (
    'test tests __tests__ spec example examples doc docs bench benchmark benchmarks .github .vscode ' +
    'dist-types coverage fixtures man website'
  ).split(' '),
);
const otherEndings =
  /\.(md|markdown|map|[cm]?ts|tsx|flow|html|yml|yaml|c|cc|cpp|h|hh|hpp|inc|njs|gyp|gypi|mk|o|a|d|tgz|png|svg|txt|bnf|sh)$/i;
const otherNames =
  /^(\..*|makefile|gruntfile\.js|gulpfile\.js|tsconfig.*|rollup\.config.*|webpack\.config.*|bower\.json|.*eslint.*|authors|history|contributors|changelog.*|readme.*)$/i;
const legal = /^(licen[cs]e|copying|notice|unlicense)([.-].*)?$/i;

/** Of packages that carry more than one build, or more than code: what is needed, below the package's folder. */
const onlyOf = {
  '@koromix/koffi-linux-arm64': /^(index\.js$|linux_arm64\/)/,
  '@koromix/koffi-linux-x64': /^(index\.js$|linux_x64\/)/,
  'cpu-features': /^(lib\/|build\/Release\/cpufeatures\.node$)/,
  'fuse-native': /^(index\.js$|build\/Release\/(fuse\.node|libfuse\.so\.2)$)/,
  'fuse-shared-library-linux': /^index\.js$/,
  koffi: /^(?!cnoke)[\w/]+\.c?js$/,
  openpgp: /^dist\/node\/openpgp\.min\.cjs$/,
  ssh2: /^lib\/(?!protocol\/crypto\/(build|src)\/)|^lib\/protocol\/crypto\/build\/Release\/sshcrypto\.node$/,
  'web-streams-polyfill': /^dist\/ponyfill\.es2018\.js$/,
  webdav: /^dist\/node\//,
};

/**
 * @param {string} name the package
 * @param {string} path a file of it, below its folder
 * @returns {boolean} whether it is needed to run, or has its licence
 */
export function isNeededFile(name, path) {
  const parts = path.split('/');
  const file = parts.at(-1) ?? '';
  if (path === 'package.json' || (parts.length === 1 && legal.test(file))) return true;
  const only = onlyOf[name];
  if (only !== undefined && !only.test(path)) return false;
  if (parts.length > 1 && otherFolders.has(parts[0])) return false;
  if (/\.(node|so\.\d+)$/.test(file)) return true;
  return !otherEndings.test(file) && !otherNames.test(file);
}

/**
 * Whether Node.js never loads the folder `dist-es` of a package: the build for bundlers, beside `dist-cjs`.
 *
 * @param {{ main?: string, exports?: unknown }} packageFile its package.json
 */
export function isEsBuildUnused({ main = '', exports }) {
  if (exports === undefined) return main.includes('dist-cjs');
  return !loaded(exports).some((file) => file.includes('dist-es/'));
}

/** The files that Node.js may take from `exports`: of conditions the first that it knows. */
function loaded(exports) {
  if (typeof exports === 'string') return [exports];
  if (exports === null || typeof exports !== 'object') return [];
  if (Array.isArray(exports)) return exports.flatMap(loaded);
  const entries = Object.entries(exports);
  if (entries.some(([key]) => key.startsWith('.'))) return entries.flatMap(([, to]) => loaded(to));
  const files = [];
  for (const [condition, to] of entries) {
    if (['node', 'default'].includes(condition)) return [...files, ...loaded(to)];
    if (['import', 'require', 'node-addons', 'module-sync'].includes(condition)) {
      files.push(...loaded(to));
    }
  }
  return files;
}
