/** What options a command line may have: those of our commands, and all of duplicity's. */
import type { Command } from 'commander';
import { duplicityRows, longName, shortName, valueCount } from '../options/index.js';
import type { DuplicityVersion, OptionRow } from '../options/index.js';

export interface KnownOption {
  /** As our commands have it. */
  readonly name: string;
  readonly values: 'none' | 'one' | 'two' | 'optional';
  readonly isPath: boolean;
  /** Of duplicity's options. */
  readonly row?: OptionRow;
}

/** Newest first: where a shortening means one thing in one release and another in the other, the newer one counts. */
const versions: readonly DuplicityVersion[] = ['3.0.2', '0.8.22'];

export class KnownOptions {
  readonly #byName = new Map<string, KnownOption>();
  /** Long names that the releases have. */
  readonly #namesOf = new Map<DuplicityVersion, string[]>(versions.map((one) => [one, []]));
  readonly #own: string[] = [];

  /** Options of `commands`, the first of which counts where two differ, and then duplicity's. */
  constructor(commands: readonly Command[]) {
    for (const command of commands) {
      for (const { long, short, required, optional } of command.options) {
        const name = long ?? short ?? '';
        const values = required ? 'one' : optional ? 'optional' : 'none';
        const option: KnownOption = { name, values, isPath: false };
        if (!this.#byName.has(name)) this.#own.push(name);
        this.#add([long, short], option);
      }
    }
    for (const row of duplicityRows()) this.#addRow(row);
  }

  #addRow(row: OptionRow): void {
    const name = longName(row);
    const own = this.#byName.get(name);
    const values = (['none', 'one', 'two'] as const)[valueCount(row)] ?? 'none';
    const option: KnownOption = { name, values, isPath: row.isPath === true, row };
    // ours has the same name and meaning; what duplicity's takes for values is known of the row
    if (own === undefined || own.values === values || values === 'two') {
      this.#byName.set(name, option);
    }
    this.#add([shortName(row), ...Object.keys(row.aliases ?? {})], option);
    const short = shortName(row);
    if (short !== undefined && this.#byName.get(short)?.name === name) {
      this.#byName.set(short, option);
    }
    for (const version of versions) {
      const names = this.#namesOf.get(version) ?? [];
      if (row.versions.includes(version)) names.push(name);
      for (const [alias, inVersions] of Object.entries(row.aliases ?? {})) {
        if (inVersions.includes(version)) names.push(alias);
      }
    }
  }

  #add(names: readonly (string | undefined)[], option: KnownOption): void {
    for (const name of names) {
      if (name !== undefined && !this.#byName.has(name)) this.#byName.set(name, option);
    }
  }

  /** The option of that name, or of which it is a beginning that no other has; a list of names where it is not alone. */
  find(name: string, isStrict: boolean): KnownOption | readonly string[] | undefined {
    const exact = this.#byName.get(name);
    if (exact !== undefined || !name.startsWith('--') || name.length < 4) return exact;
    let several: readonly string[] | undefined;
    for (const version of versions) {
      const all = [...(isStrict ? [] : this.#own), ...(this.#namesOf.get(version) ?? [])];
      const names = all.filter((one) => one.startsWith(name));
      const options = new Set(names.map((one) => this.#byName.get(one)?.name));
      if (options.size === 1) return this.#byName.get(names[0] ?? '');
      if (options.size > 1) several ??= [...new Set(names)];
    }
    return several;
  }
}
