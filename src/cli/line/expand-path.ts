/** "~" and "$VAR" in paths, as Python's expanduser and expandvars have them: what is not known stays as it is. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';

export type Environment = Readonly<Record<string, string | undefined>>;

export function expandPath(text: string, env: Environment): string {
  const expanded = text.replace(
    /\$(?:\{([^}]*)\}|(\w+))/g,
    (whole, braced: string | undefined, bare: string | undefined) =>
      env[braced ?? bare ?? ''] ?? whole,
  );
  const user = /^~([^/]*)(?=\/|$)/.exec(expanded)?.[1];
  if (user === undefined) return expanded;
  const home = user === '' ? (env['HOME'] ?? homedir()) : homeOf(user);
  return home === undefined ? expanded : home.replace(/\/+$/, '') + expanded.slice(user.length + 1);
}

function homeOf(user: string): string | undefined {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return lines.map((line) => line.split(':')).find(([name]) => name === user)?.[5];
  } catch {
    return undefined; // no such file on this system
  }
}
