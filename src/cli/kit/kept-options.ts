/** The options that say how to read a backup: those of a command line that go into a kit, and come out of it. */
import type { Command } from 'commander';
import { splitWords } from '../../base/index.js';

/** Neither secrets nor paths of this machine. */
const kept = new Set([
  ...['--file-prefix', '--file-prefix-archive', '--file-prefix-manifest'],
  ...['--file-prefix-signature', '--file-prefix-jsonstat', '--time-separator'],
  ...['--sign-key', '--encrypt-sign-key', '--require-encryption', '--allow-unprotected'],
  ...['--allow-old-keys', '--ignore-mdc-error', '--numeric-owner'],
  ...['--s3-endpoint-url', '--s3-region-name', '--s3-addressing-style'],
  ...['--s3-unencrypted-connection', '--ssl-no-check-certificate', '--ssh-options'],
  '--rsync-options',
]);

/** The words for those options that were given to the command. */
export function keptOptions(command: Command): string[] {
  const words: string[] = [];
  for (const option of command.options) {
    const name = option.attributeName();
    if (!kept.has(option.long ?? '') || command.getOptionValueSource(name) !== 'cli') continue;
    const value: unknown = command.getOptionValue(name);
    const long = option.long ?? '';
    if (value === true) {
      words.push(long);
      continue;
    }
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      const text = long === '--ssh-options' ? portableSshOptions(String(one)) : String(one);
      if (text !== '') words.push(`${long}=${text}`);
    }
  }
  return words;
}

/** Settings of ssh that name files of this machine; what is in those files has parts of its own in a kit. */
const ofThisMachine = new Set(['identityfile', 'userknownhostsfile', 'globalknownhostsfile']);

/** `--ssh-options` without what another machine does not have. */
function portableSshOptions(text: string): string {
  const words = splitWords(text, '--ssh-options');
  const stay: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const [, letter = ''] = /^-([oiplFJ])/.exec(word) ?? [];
    const value = word.length > 2 ? word.slice(2) : (words[(at += 1)] ?? '');
    const name = /^\w+/.exec(value)?.[0].toLowerCase() ?? '';
    if (letter === 'i' || letter === 'F' || (letter === 'o' && ofThisMachine.has(name))) continue;
    const whole = `-${letter}${value}`;
    stay.push(/[\s"'\\]/.test(whole) ? `"${whole.replace(/["\\]/g, '\\$&')}"` : whole);
  }
  return stay.join(' ');
}

/** A word as a shell takes it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
