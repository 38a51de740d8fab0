/** A line of a crontab, or of a shell, that runs duplicity. */
import { DuplifsError, splitWords } from '../../base/index.js';
import type { OptionKeys } from '../file/option-key.js';
import type { Draft } from './draft.js';
import { takeOptions } from './duplicity-options.js';

const verbs = new Set([
  'full',
  'incremental',
  'incr',
  'inc',
  'backup',
  'restore',
  'verify',
  'cleanup',
]);
const removals = new Set([
  'remove-older-than',
  'remove-all-but-n-full',
  'remove-all-inc-of-but-n-full',
]);
const when = /^(?:(@\w+)|((?:[\d*,/a-zA-Z-]+[ \t]+){4}[\d*,/a-zA-Z-]+))[ \t]+(.*)$/;
const secretName = /PASS|SECRET|KEY|TOKEN/;

/** Whether a text has such a line. */
export function hasDuplicityLine(text: string): boolean {
  return linesOf(text).some(isCommand);
}

export function fromCrontab(text: string, keys: OptionKeys, draft: Draft): void {
  for (const line of linesOf(text)) {
    const [, name, value = ''] = /^([A-Za-z_]\w*)[ \t]*=[ \t]*(.*)$/.exec(line) ?? [];
    if (isCommand(line)) takeLine(line, keys, draft);
    else if (name === 'MAILTO' && value !== '') draft.notices.push({ kind: 'mail', to: value });
    else if (name !== undefined) takeVariable(name, value.replace(/^(["'])(.*)\1$/, '$2'), draft);
    else draft.leaveOut(line, 'it does not run duplicity');
  }
}

function linesOf(text: string): string[] {
  const joined = text.replaceAll('\\\n', ' ');
  return joined
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function isCommand(line: string): boolean {
  return /(?:^|[\s/;&|])duplicity\s/.test(line) && !/^[A-Za-z_]\w*[ \t]*=[^ ]*$/.test(line);
}

function takeLine(line: string, keys: OptionKeys, draft: Draft): void {
  const [, macro, fields, rest = line] = when.exec(line) ?? [];
  const every = macro?.slice(1) ?? fields?.split(/[ \t]+/).join(' ');
  if (every === 'reboot') draft.leaveOut('@reboot', 'give [schedule] every = "daily"');
  else if (every !== undefined)
    draft.set('schedule', 'every', every === 'midnight' ? 'daily' : every);
  if (/\$\(|`/.test(rest)) {
    throw new DuplifsError('PROFILE', 'The line runs other commands to make its arguments', {
      hint: 'Write the line with what they give, for nothing is run here',
    });
  }
  for (const [index, part] of commandsIn(rest.replaceAll('\\%', '%')).entries()) {
    const words = splitWords(part, 'the command');
    if (words.some((word) => /(?:^|\/)duplicity$/.test(word))) takeCommand(words, keys, draft);
    else draft.leaveOut(part.trim(), index === 0 ? 'see [run] before' : 'see [run] after');
  }
}

/** The commands of a line, apart from what redirects their output. */
function commandsIn(line: string): string[] {
  const parts: string[] = [''];
  for (const piece of line.match(/"(?:[^"\\]|\\.)*"|'[^']*'|\\.|&&|\|\||[;|]|[^"'\\;|&]+|&/g) ??
    []) {
    if (/^(?:&&|\|\||[;|])$/.test(piece)) parts.push('');
    else parts.push((parts.pop() ?? '') + piece);
  }
  return parts
    .map((part) => part.replace(/\s(?:\d|&)?>>?\s*(?:&\d|\S+)/g, ' ').trim())
    .filter((part) => part !== '');
}

function takeCommand(words: readonly string[], keys: OptionKeys, draft: Draft): void {
  const at = words.findIndex((word) => /(?:^|\/)duplicity$/.test(word));
  for (const word of words.slice(0, at)) {
    const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined) takeVariable(name, value, draft);
    else if (!/^(?:env|export|nice|ionice|sudo|root|-n|-c\d?|\d+|-\w+)$/.test(word)) {
      draft.leaveOut(word, 'it stands before duplicity');
    }
  }
  const positional = takeOptions(words.slice(at + 1), keys, draft);
  const [verb = ''] = positional;
  if (removals.has(verb)) {
    const value = positional[1] ?? '';
    draft.set('retention', verb, /^\d+$/.test(value) ? Number(value) : value);
    return;
  }
  if (['restore', 'verify', 'cleanup', 'collection-status', 'list-current-files'].includes(verb)) {
    draft.leaveOut(`duplicity ${verb}`, 'only a backup becomes a profile');
    return;
  }
  if (verb === 'full') draft.leaveOut('full', 'give full-if-older-than = "…" in the profile');
  const [source, url, ...more] = verbs.has(verb) ? positional.slice(1) : positional;
  if (source !== undefined) draft.values.set('source', source);
  if (url !== undefined) draft.values.set('url', url);
  for (const word of more) draft.leaveOut(word, 'it is one argument too many');
}

function takeVariable(name: string, value: string, draft: Draft): void {
  if (name === 'SHELL' || name === 'PATH' || name === 'HOME' || name === 'LOGNAME') return;
  if (/\$/.test(value)) draft.leaveOut(name, 'only a shell could find out its value');
  else draft.set(secretName.test(name) ? 'secrets' : 'environment', name, value);
}
