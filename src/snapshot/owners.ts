/**
 * Owners as duplicity's restore would set them: by name where this machine knows the name, else by the
 * stored number (docs/format/1-bytes.md 4.2).
 */
import { NameTable } from '../base/index.js';
import type { Owner } from '../catalog/index.js';

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
