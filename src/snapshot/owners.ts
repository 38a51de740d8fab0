/**
 * Owners as duplicity's restore would set them: by name where this machine knows the name, else by the
 * stored number (docs/format/1-bytes.md 4.2).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Owner } from '../catalog/index.js';

export interface OwnerIds {
  readonly uid: number;
  readonly gid: number;
}

export class OwnerMap {
  readonly #users: NameTable | undefined;
  readonly #groups: NameTable | undefined;
  readonly #known = new Map<Owner, OwnerIds>();

  /** With `numeric`, names are not looked at (`--numeric-owner`). */
  constructor(numeric: boolean) {
    this.#users = numeric ? undefined : new NameTable('passwd');
    this.#groups = numeric ? undefined : new NameTable('group');
  }

  ids(owner: Owner): OwnerIds {
    let ids = this.#known.get(owner);
    if (ids === undefined) {
      ids = {
        uid: this.#users?.id(owner.userName) ?? possibleId(owner.uid),
        gid: this.#groups?.id(owner.groupName) ?? possibleId(owner.gid),
      };
      this.#known.set(owner, ids);
    }
    return ids;
  }
}

/** The highest means "leave it as it is" to chown(2); what no system can have is nobody's. */
const maxId = 0xffff_fffe;
const nobody = 65534;

function possibleId(id: number): number {
  return id >= 0 && id <= maxId ? id : nobody;
}

/** Names and numbers of one database of the name service. */
class NameTable {
  readonly #database: 'passwd' | 'group';
  readonly #ids = new Map<string, number | undefined>();

  constructor(database: 'passwd' | 'group') {
    this.#database = database;
    this.#parse(readOrEmpty(`/etc/${database}`));
  }

  id(name: string): number | undefined {
    if (name === '') return undefined;
    if (!this.#ids.has(name)) {
      // not in the file: LDAP and the like answer through getent; each name is asked once
      this.#ids.set(name, undefined);
      this.#parse(getent(this.#database, name));
    }
    return this.#ids.get(name);
  }

  #parse(text: string): void {
    for (const line of text.split('\n')) {
      const [name, , id] = line.split(':');
      if (name === undefined || name === '' || id === undefined || !/^\d+$/.test(id)) continue;
      if (this.#ids.get(name) === undefined) this.#ids.set(name, Number(id));
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

function getent(database: string, name: string): string {
  // a name from a backup is only ever a name: no option, nothing numeric (that would look up an id)
  if (!/^[A-Za-z_][^\s:,-][^\s:,]*$/.test(name) && !/^[A-Za-z_]$/.test(name)) return '';
  try {
    return execFileSync('getent', [database, name], {
      encoding: 'utf8',
      timeout: 5000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return ''; // no getent, or it does not know the name
  }
}
