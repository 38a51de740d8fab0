/** The options of the commands that read a tree, or show what there is. */
import { inBoth, inNone, onlyIn0, onlyIn3, other, same } from './option-row.js';
import type { OptionRow } from './option-row.js';
import { appendPath, appendRenaming, cleanPath, parseSetIndex } from './values.js';

export const timeRows: readonly OptionRow[] = [
  {
    flags: '-t, --time <time>',
    help: 'as of this time: 3D, 2026-11-01, now, …',
    versions: inBoth,
    aliases: { '--restore-time': inBoth },
    effect: same,
    groups: ['time', 'time-alone'],
  },
  {
    flags: '--use-incomplete',
    help: 'use the newest set whatever is missing of it, also without its manifest: what is left of it',
    versions: inNone,
    effect: same,
    groups: ['time', 'time-alone', 'incomplete'],
    initial: false,
  },
  {
    flags: '-r, --path-to-restore <path>',
    help: 'only this path of the backup',
    versions: onlyIn3,
    aliases: { '--file-to-restore': onlyIn0 },
    effect: same,
    groups: ['time'],
    initial: '',
    parse: cleanPath,
  },
];

export const restoreRows: readonly OptionRow[] = [
  {
    flags: '-r, --path-to-restore <path>',
    help: 'only this path of the backup (repeatable: several lie in the target under their whole paths)',
    versions: onlyIn3,
    aliases: { '--file-to-restore': onlyIn0 },
    effect: other('given again, it names a further path; duplicity takes the last one alone'),
    groups: ['restore'],
    initial: [],
    parse: appendPath,
  },
  {
    flags: '-n, --dry-run',
    help: 'write nothing, list the volumes it would read',
    versions: inBoth,
    effect: same,
    groups: ['restore'],
    initial: false,
  },
  {
    flags: '--no-restore-ownership',
    help: 'leave what is restored to whoever runs this',
    versions: onlyIn3,
    aliases: { '--do-not-restore-ownership': onlyIn0 },
    effect: same,
    groups: ['restore'],
  },
  {
    flags: '--no-sparse',
    help: 'write runs of zeros instead of leaving holes in files',
    versions: inNone,
    effect: same,
    groups: ['restore'],
  },
  {
    flags: '--rename <from> <to>',
    help: 'restore what lies at one path of the backup to another (repeatable)',
    versions: inBoth,
    effect: same,
    groups: ['restore'],
    initial: [],
    parse: appendRenaming,
  },
  {
    flags: '--ignore-errors',
    help: 'go on after what cannot be restored, which duplifs always does',
    versions: inBoth,
    effect: other(
      'a restore always goes on after a failure, and its exit code says that there was one',
    ),
    groups: ['restore'],
    initial: false,
  },
];

export const statusRows: readonly OptionRow[] = [
  {
    flags: '--show-changes-in-set <number>',
    help: 'list the files that a set changed: 0 is the newest, 1 the one before it, -1 all of the chain',
    versions: inBoth,
    effect: same,
    groups: ['status'],
    parse: parseSetIndex,
  },
  {
    flags: '--file-changed <path>',
    help: 'list the sets of the newest chain that changed a file',
    versions: inBoth,
    effect: same,
    groups: ['status'],
    parse: cleanPath,
  },
  {
    flags: '--jsonstat',
    help: 'with --show-changes-in-set: print the statistics that were stored, as JSON',
    versions: onlyIn3,
    effect: same,
    groups: ['status'],
    initial: false,
  },
];

export const verifyRows: readonly OptionRow[] = [
  {
    flags: '--compare-data',
    help: 'compare with the folder, byte by byte',
    versions: inBoth,
    effect: other(
      'without it the backup is held against its signatures, where duplicity compares nothing',
    ),
    groups: ['verify'],
    initial: false,
  },
];
