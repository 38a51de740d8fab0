/**
 * Preloaded into duplifs by killed-backups.ts: counts the calls by which it changes files, and ends the process by
 * SIGKILL before or after the n-th of them. DUPLIFS_TEST_KILL is `before N`, `after N`, or `count PATH` to
 * write their number and what they were to a file.
 */
import { writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const [mode, place] = (process.env.DUPLIFS_TEST_KILL ?? '').split(' ');
const calls = [];

function counted(owner, name) {
  const original = owner[name];
  owner[name] = async function (...args) {
    calls.push(`${name} ${typeof args[0] === 'string' ? args[0] : ''}`);
    const isHere = calls.length === Number(place);
    if (isHere && mode === 'before') process.kill(process.pid, 'SIGKILL');
    const result = await original.apply(this, args);
    if (isHere && mode === 'after') process.kill(process.pid, 'SIGKILL');
    return result;
  };
}

if (isMainThread && mode !== undefined && mode !== '') {
  for (const name of ['appendFile', 'copyFile', 'rename', 'rm', 'unlink', 'writeFile', 'open']) {
    counted(promises, name);
  }
  const file = await promises.open('/dev/null');
  for (const name of ['write', 'truncate', 'appendFile']) {
    counted(Object.getPrototypeOf(file), name);
  }
  await file.close();
  calls.length = 0;
  syncBuiltinESMExports();
  if (mode === 'count') {
    process.once('exit', () => {
      writeFileSync(place, JSON.stringify(calls));
    });
  }
}
