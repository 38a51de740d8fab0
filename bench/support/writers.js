/**
 * How each program makes a full backup of a folder, and then another one on top of it. All are encrypted, with
 * the defaults of the program otherwise. `place` is a folder that holds all that the program keeps: its
 * target, and what it remembers beside it.
 */
import { join } from 'node:path';
import { borg, duplicity, duplifs, duplifsCommand, restic } from './tools.js';

const targetOf = (place) => `'file://${join(place, 'chain')}'`;

/**
 * @typedef {object} Writer
 * @property {string} name
 * @property {(place: string) => Record<string, string>} env
 * @property {(source: string, place: string) => string} full a script; `place` is there and empty
 * @property {(source: string, place: string) => string} again a script; there is a full one
 */

/** @type {Record<string, Writer>} */
export const writers = {
  duplifs: {
    name: 'duplifs',
    env: duplifs.env,
    full: (source, place) => duplifsScript('full', source, place),
    again: (source, place) => duplifsScript('incremental', source, place),
  },
  duplicity: {
    name: 'duplicity',
    env: duplicity.env,
    full: (source, place) => duplicityScript('full', source, place),
    again: (source, place) => duplicityScript('incremental', source, place),
  },
  restic: {
    name: 'restic',
    env: restic.env,
    full: (source) => `restic init >&2 && cd '${source}' && ${timed('restic backup .')}`,
    again: (source) => `cd '${source}' && ${timed('restic backup .')}`,
  },
  borg: {
    name: 'borg',
    env: borg.env,
    full: (source) =>
      `borg init --encryption repokey && cd '${source}' && ${timed('borg create ::one .')}`,
    again: (source) => `cd '${source}' && ${timed("borg create '::again-{now}' .")}`,
  },
};

function duplifsScript(verb, source, place) {
  const archive = `--archive-dir '${join(place, 'archive')}'`;
  return timed(`${duplifsCommand} ${verb} ${archive} '${source}' ${targetOf(place)}`);
}

/** Its statistics are not wanted. */
function duplicityScript(verb, source, place) {
  const archive = `--archive-dir '${join(place, 'archive')}'`;
  return timed(`duplicity ${verb} --no-print-statistics ${archive} '${source}' ${targetOf(place)}`);
}

/** The command with its peak memory in kB as the last line of standard output. */
function timed(command) {
  return `{ /usr/bin/time -f %M ${command} >/dev/null; } 2>&1 | tail -n 1`;
}
