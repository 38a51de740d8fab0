/** A file's values against the schema and the options of the command line; what is wrong is told by file, line and key. */
import { z } from 'zod';
import { DuplifsError, nearest } from '../../base/index.js';
import { noticeSchemas, ownSchemas, retentionSchema } from '../schema.js';
import type { NoticeKind, OwnValues } from '../schema.js';
import { lineOf } from './key-lines.js';
import type { KeyPath } from './key-lines.js';

import { selectionKeys } from './option-key.js';
import type { GivenOption, OptionKey, OptionKeys } from './option-key.js';
import type { ProfileFile, TomlTable } from './read-profile-file.js';

/** A file whose every key is known and has a value of its kind. */
export interface CheckedFile {
  readonly path: string;
  readonly own: OwnValues;
  /** At the top, in their order. */
  readonly options: readonly GivenOption[];
  readonly commandOptions: ReadonlyMap<string, readonly GivenOption[]>;
}

interface Problem {
  readonly path: KeyPath;
  readonly message: string;
}

const mostTold = 10;

/** @throws DuplifsError PROFILE which names all that is wrong (the first ten) */
export async function checkFile(file: ProfileFile, keys: OptionKeys): Promise<CheckedFile> {
  const problems: Problem[] = [];
  const own: Record<string, unknown> = {};
  const options: GivenOption[] = [];
  const commandOptions = new Map<string, readonly GivenOption[]>();
  for (const [key, value] of Object.entries(file.values)) {
    const schema = schemaOf(key);
    const ofCommand = keys.commands.get(key);
    if (key === 'selection') addAll(options, selectionOf(value, keys, problems));
    else if (schema !== undefined) own[key] = checked(schema, { key, value, problems });
    else if (ofCommand !== undefined && isTable(value)) {
      commandOptions.set(key, optionsIn(value, ofCommand, { above: [key], problems }));
    } else addAll(options, optionsIn({ [key]: value }, keys.common, { above: [], problems }));
  }
  if (problems.length > 0) throw await refusal(file, problems, keys);
  return { path: file.path, own, options, commandOptions };
}

function schemaOf(key: string): z.ZodType | undefined {
  return Object.hasOwn(ownSchemas, key)
    ? (ownSchemas as Record<string, z.ZodType>)[key]
    : undefined;
}

function checked(
  schema: z.ZodType,
  { key, value, problems }: { key: string; value: unknown; problems: Problem[] },
): unknown {
  const { data, error } = schema.safeParse(value);
  for (const issue of error?.issues ?? []) addAll(problems, problemsOf(issue, [key]));
  return data;
}

function problemsOf(issue: z.core.$ZodIssue, above: KeyPath): Problem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? '?' : part))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && path.at(-1) !== 'kind') {
    return [{ path, message: 'It is none of the forms that it may have' }];
  }
  if (path.at(-1) === 'kind') {
    return [{ path, message: `The kind is one of ${Object.keys(noticeSchemas).join(', ')}` }];
  }
  return [{ path, message: issue.message }];
}

/** Stands for a key that nobody knows; the near ones are looked up only when it is told. */
const unknownKey = '\0unknown';

/** `selection = [{ exclude = "…" }, { include = "…" }]`: rules in an order across their names. */
function selectionOf(value: unknown, keys: OptionKeys, problems: Problem[]): GivenOption[] {
  if (!Array.isArray(value) || !value.every(isTable)) {
    problems.push({ path: ['selection'], message: 'A list of tables such as { exclude = "…" }' });
    return [];
  }
  const rules = keys.common.filter(({ key }) => selectionKeys.has(key));
  return value.flatMap((rule: TomlTable, index) =>
    optionsIn(rule, rules, { above: ['selection', index], problems }),
  );
}

function optionsIn(
  table: TomlTable,
  keys: readonly OptionKey[],
  { above, problems }: { readonly above: KeyPath; readonly problems: Problem[] },
): GivenOption[] {
  const given: GivenOption[] = [];
  for (const [name, value] of Object.entries(table)) {
    const path = [...above, name];
    const key = keys.find((one) => one.key === name);
    if (key === undefined) {
      problems.push({ path, message: unknownKey });
      continue;
    }
    const values = valuesOf(key, value);
    if (typeof values === 'string') problems.push({ path, message: values });
    else if (values !== undefined) given.push({ key: name, values: values.given });
  }
  return given;
}

/** The values of an option; undefined where it says what is so anyway, a sentence where it cannot be. */
function valuesOf(
  key: OptionKey,
  value: unknown,
): { readonly given: GivenOption['values'] } | string | undefined {
  if (key.kind !== 'value') {
    if (typeof value !== 'boolean') return 'Give true or false';
    const isDefault = key.kind === 'pair' ? false : value === (key.kind === 'negated');
    return isDefault ? undefined : { given: value };
  }
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  const texts: string[] = [];
  for (const [index, one] of list.entries()) {
    if (typeof one !== 'string' && typeof one !== 'number') {
      return 'Give a text, a number, or a list of them';
    }
    const wrong = key.check?.(String(one));
    if (wrong !== undefined) return list.length > 1 ? `Element ${index + 1}: ${wrong}` : wrong;
    texts.push(String(one));
  }
  return { given: texts };
}

async function refusal(
  file: ProfileFile,
  problems: readonly Problem[],
  keys: OptionKeys,
): Promise<DuplifsError> {
  const lines: string[] = [];
  for (const { path, message } of problems.slice(0, mostTold)) {
    const name = path.join('.');
    const place = `${file.path}:${lineOf(file.lines, path) ?? 1}`;
    const text = message === unknownKey ? await unknownText(path, keys, file.values) : message;
    lines.push(`${place}: ${name}: ${text}`);
  }
  if (problems.length > mostTold) lines.push(`and ${problems.length - mostTold} more`);
  return new DuplifsError('PROFILE', lines.join('; '), {
    hint: 'docs/profiles.md has all keys; "duplifs profile check" looks again',
  });
}

async function unknownText(path: KeyPath, keys: OptionKeys, values: TomlTable): Promise<string> {
  const near = await nearest(String(path.at(-1)), knownKeys(path.slice(0, -1), keys, values));
  return near === undefined ? 'There is no such key' : `There is no such key; "${near}" is one`;
}

/** The keys that a table may have. */
function knownKeys(above: KeyPath, keys: OptionKeys, values: TomlTable): string[] {
  const [table, index] = above;
  if (table === undefined) {
    const options = keys.common.map(({ key }) => key);
    return [...Object.keys(ownSchemas), 'selection', ...keys.commands.keys(), ...options];
  }
  if (table === 'selection') return [...selectionKeys];
  if (table === 'retention') return Object.keys(retentionSchema.shape);
  if (table === 'notify') {
    const list = values['notify'];
    const notice: unknown = Array.isArray(list) ? list[Number(index)] : undefined;
    const kind = isTable(notice) ? String(notice['kind']) : '';
    return Object.hasOwn(noticeSchemas, kind)
      ? Object.keys(noticeSchemas[kind as NoticeKind].shape)
      : [];
  }
  let schema: unknown = schemaOf(String(table));
  for (const part of above.slice(1)) schema = shapeOf(schema)?.[part];
  const shape = shapeOf(schema);
  if (shape !== undefined) return Object.keys(shape);
  return (keys.commands.get(String(table)) ?? []).map(({ key }) => key);
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  const bare = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return bare instanceof z.ZodObject ? bare.shape : undefined;
}

function isTable(value: unknown): value is TomlTable {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function addAll<T>(list: T[], more: readonly T[]): void {
  for (const one of more) list.push(one);
}
