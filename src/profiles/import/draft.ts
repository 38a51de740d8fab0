/** A profile in the making, from what another program had, and as TOML. */

export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlRecord;
export interface TomlRecord {
  readonly [key: string]: TomlValue;
}

/** What could not be taken over, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export class Draft {
  /** At the top of the file, in their order. */
  readonly values = new Map<string, TomlValue>();
  readonly selection: { readonly kind: string; readonly value: string | true }[] = [];
  readonly tables = new Map<string, Map<string, TomlValue>>();
  readonly notices: TomlRecord[] = [];
  readonly leftOut: LeftOut[] = [];

  /** Sets a key of a table; of one that has it already, the first counts. */
  set(table: string, key: string, value: TomlValue): void {
    const values = this.tables.get(table) ?? new Map<string, TomlValue>();
    this.tables.set(table, values);
    if (!values.has(key)) values.set(key, value);
  }

  leaveOut(what: string, why: string): void {
    this.leftOut.push({ what, why });
  }

  /** The option of a command line; given again, it becomes a list. */
  option(key: string, value: string | boolean): void {
    const before = this.values.get(key);
    if (before === undefined || typeof value === 'boolean') this.values.set(key, value);
    else this.values.set(key, [...(isList(before) ? before : [before]), value]);
  }
}

/** The draft as a file; `comments` go to its top. */
export function draftText(draft: Draft, comments: readonly string[]): string {
  const lines = comments.map((comment) => `# ${comment}`.trimEnd());
  lines.push('');
  for (const [key, value] of draft.values) lines.push(`${keyText(key)} = ${valueText(value)}`);
  if (draft.selection.length > 0) {
    lines.push('# the first rule that fits counts', 'selection = [');
    for (const { kind, value } of draft.selection) {
      lines.push(`  { ${kind} = ${valueText(value)} },`);
    }
    lines.push(']');
  }
  for (const [table, values] of draft.tables) {
    lines.push('', `[${keyText(table)}]`);
    for (const [key, value] of values) lines.push(`${keyText(key)} = ${valueText(value)}`);
  }
  for (const notice of draft.notices) {
    lines.push('', '[[notify]]');
    for (const [key, value] of Object.entries(notice)) {
      lines.push(`${keyText(key)} = ${valueText(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function keyText(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : valueText(key);
}

/** TOML's basic strings have JSON's escapes; DEL, which JSON leaves, must be escaped as well. */
function valueText(value: TomlValue): string {
  if (typeof value === 'string') return JSON.stringify(value).replaceAll('\x7f', '\\u007f');
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(valueText).join(', ')}]`;
  const pairs = Object.entries(value).map(([key, one]) => `${keyText(key)} = ${valueText(one)}`);
  return `{ ${pairs.join(', ')} }`;
}

function isList(value: TomlValue): value is readonly TomlValue[] {
  return Array.isArray(value);
}
