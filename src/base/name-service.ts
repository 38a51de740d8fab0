/**
 * Users and groups of this machine, by name and by number: from /etc/passwd and /etc/group, and what those do
 * not know (LDAP and the like) from getent, asked once each.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { childEnvironment } from './child-environment.js';

/** Names and numbers of one database of the name service. */
export class NameTable {
  readonly #database: 'passwd' | 'group';
  readonly #ids = new Map<string, number | undefined>();
  readonly #names = new Map<number, string>();

  constructor(database: 'passwd' | 'group') {
    this.#database = database;
    this.#parse(readOrEmpty(`/etc/${database}`));
  }

  /** The number that a name stands for; undefined when this machine does not know it. */
  id(name: string): number | undefined {
    if (name === '') return undefined;
    if (!this.#ids.has(name)) {
      this.#ids.set(name, undefined);
      // a name from a backup is only ever a name: no option, nothing numeric (that would look up an id)
      if (/^[A-Za-z_][^\s:,-][^\s:,]*$/.test(name) || /^[A-Za-z_]$/.test(name)) {
        this.#parse(getent(this.#database, name));
      }
    }
    return this.#ids.get(name);
  }

  /** The name of a number; empty when this machine knows none. */
  name(id: number): string {
    let name = this.#names.get(id);
    if (name === undefined) {
      this.#parse(getent(this.#database, String(id)));
      name = this.#names.get(id) ?? '';
      this.#names.set(id, name);
    }
    return name;
  }

  /** The first line that has a name or a number counts. */
  #parse(text: string): void {
    for (const line of text.split('\n')) {
      const [name, , digits] = line.split(':');
      if (name === undefined || name === '' || digits === undefined || !/^\d+$/.test(digits)) {
        continue;
      }
      if (this.#ids.get(name) === undefined) this.#ids.set(name, Number(digits));
      if (!this.#names.has(Number(digits))) this.#names.set(Number(digits), name);
    }
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function getent(database: string, key: string): string {
  try {
    return execFileSync('getent', [database, key], {
      encoding: 'utf8',
      env: childEnvironment(),
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return ''; // no getent, or it does not know the key
  }
}
