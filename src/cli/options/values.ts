/** From the text of an option's value to what a command takes. */
import { InvalidArgumentError } from 'commander';
import { DuplifsError } from '../../base/index.js';
import { parseInterval } from '../../time/index.js';
import { parseVerbosity } from '../verbosity.js';

/** A number of bytes with an optional binary unit: 300000, 500M, 2G. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(text);
  const unit = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }[
    (match?.[2] ?? '').toLowerCase()
  ];
  const bytes = Number(match?.[1]) * (unit ?? NaN);
  if (!Number.isSafeInteger(Math.round(bytes))) {
    throw new InvalidArgumentError('Give a number of bytes, as 500M or 2G.');
  }
  return Math.round(bytes);
}

/** A whole number from 0. */
export function parseWhole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('Give a whole number.');
  }
  return value;
}

/** Collects an option that may be repeated. */
export function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

export function appendWords(value: string, before: string): string {
  return before === '' ? value : `${before} ${value}`;
}

/** Seconds, from a number of them or an interval. */
export function parseWait(text: string): number {
  return /^\d+$/.test(text) ? parseWhole(text) : parseInterval(text);
}

export function parseLevel(text: string): number {
  const level = parseWhole(text);
  if (level < 1 || level > 9) throw new InvalidArgumentError('Give a level from 1 to 9.');
  return level;
}

export function parseVolumeSize(text: string): number {
  const size = parseWhole(text);
  if (size < 1 || size > 65536) throw new InvalidArgumentError('Give 1 to 65536 MiB.');
  return size;
}

export function parseBlockLength(text: string): number {
  const length = parseWhole(text);
  if (length < 512 || length > 16 * 1024 * 1024) {
    throw new InvalidArgumentError('Give 512 to 16777216 bytes.');
  }
  return length;
}

export function verbosity(text: string): number {
  const level = parseVerbosity(text);
  if (level === undefined) {
    throw new InvalidArgumentError('Give 0 to 9, or error, warning, notice, info or debug.');
  }
  return level;
}

/** A whole number, -1 among them. */
export function parseSetIndex(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a number: 0 is the newest set, 1 the one before it.');
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (/^\d+(?:\.\d+)?$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError('Give a number above 0.');
}

export function parseDescriptor(text: string): number {
  const value = parseWhole(text);
  if (value > 65535) throw new InvalidArgumentError('Give the number of an open file descriptor.');
  return value;
}

/** A path in the backup: without slashes at its ends, doubled ones and "." in it; "." is all of it. */
export function cleanPath(text: string): string {
  return text
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
}

export function appendPath(text: string, before: readonly string[]): readonly string[] {
  return [...before, cleanPath(text)];
}

export interface Renaming {
  readonly from: string;
  readonly to: string;
}

/** The two values of `--rename`, joined by NUL (line/read-line.ts). */
export function appendRenaming(text: string, before: readonly Renaming[]): readonly Renaming[] {
  const [from = '', to = ''] = text.split('\0');
  return [...before, { from: cleanPath(from), to: cleanPath(to) }];
}

/** Takes one of some words, and says which. */
export interface ChoiceParser {
  (value: string): string;
  readonly choices: readonly string[];
}

export function oneOf(option: string, ...choices: readonly string[]): ChoiceParser {
  const parse = (value: string): string => {
    if (choices.includes(value)) return value;
    throw new DuplifsError('USAGE', `"${value}" is not what ${option} takes`, {
      hint: `One of ${choices.join(', ')}`,
    });
  };
  return Object.assign(parse, { choices });
}
