/**
 * Loads the program, dist/program, with the code that V8 made of its core when it was built (scripts/keep-code.js): to
 * compile that anew takes longer than most commands do. Another release of Node.js does not take that code; where it can keep code
 * by itself (from 22.1 on), it does so in the user's cache.
 */
import { readFileSync } from 'node:fs';
import { Module, createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const entryFile = fileURLToPath(new URL('../dist/program/duplifs.cjs', import.meta.url));
/** What every command needs. */
const coreFile = fileURLToPath(new URL('../dist/program/core.cjs', import.meta.url));
const require = createRequire(import.meta.url);
export const codeFile = `${coreFile}.code`;

/** @returns {{ main: () => Promise<void> }} what src/cli/index.ts exports */
export function loadProgram() {
  const code = keptCode();
  if (code !== undefined) {
    const script = scriptOf(code);
    if (script.cachedDataRejected === false) return run(script);
  }
  Module.enableCompileCache?.(
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'duplifs/code'),
  );
  return require(entryFile);
}

/** The core as V8 compiles it, by the code that it made before if there is such; run() runs it. */
export function scriptOf(cachedData) {
  return new Script(Module.wrap(readFileSync(coreFile, 'utf8')), {
    filename: coreFile,
    cachedData,
  });
}

/** What the program exports. Its other parts, which it loads when it needs them, find its core loaded. */
export function run(script) {
  const module = new Module(coreFile);
  module.filename = coreFile;
  require.cache[coreFile] = module;
  const inCore = createRequire(coreFile);
  inCore.import = (name) => import(name);
  script.runInThisContext()(module.exports, inCore, module, coreFile, dirname(coreFile));
  module.loaded = true;
  return require(entryFile);
}

function keptCode() {
  try {
    return readFileSync(codeFile);
  } catch {
    return undefined; // it was built without
  }
}
