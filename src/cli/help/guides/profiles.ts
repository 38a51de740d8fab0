/** The commands on profiles, and those on the program itself. */
import type { Guides } from '../guide.js';

export const profileGuides: Guides = {
  init: {
    summary: 'make a profile: asks what, where and how often',
    options: [
      '--source',
      '--url',
      '--passphrase-file',
      '--encrypt-key',
      '--keep',
      '--every',
      '--backup',
    ],
    examples: [
      'duplifs init laptop',
      'duplifs init laptop --source ~/documents --url file:///mnt/disk',
    ],
    codes: [2, 31, 50],
  },
  profile: {
    options: [],
    examples: ['duplifs profile list', 'duplifs profile check laptop'],
    codes: [],
  },
  'profile check': {
    options: ['--secrets'],
    examples: ['duplifs profile check', 'duplifs profile check laptop --secrets'],
    codes: [[2, 'a mistake was found']],
  },
  'profile show': { options: [], examples: ['duplifs profile show laptop'], codes: [2] },
  'profile list': { options: ['--json'], examples: ['duplifs profile list'], codes: [] },
  'profile edit': { options: [], examples: ['duplifs profile edit laptop'], codes: [2] },
  'profile import': {
    options: ['--name', '--print', '--force'],
    examples: ['duplifs profile import ~/.duply/laptop --print'],
    codes: [2],
  },
  run: {
    summary: 'run a profile: hooks, backup, retention, check, notices',
    options: ['--quiet', '--json', '--delay', '--if-missed'],
    examples: ['duplifs run laptop', 'duplifs run laptop check'],
    codes: [
      [1, 'made with warnings'],
      [75, 'a condition did not hold'],
    ],
    notes:
      'It ends with 0 when all went well, with 1 when the backup was made with warnings, with 75 when a condition of the ' +
      'profile did not hold, and else with the exit code of the step that failed.',
  },
  schedule: {
    summary: 'have a profile run by itself, by systemd or cron',
    options: ['--every', '--by', '--system', '--user', '--remove'],
    examples: ['duplifs schedule', 'duplifs schedule laptop --every daily@02:30'],
    codes: [2],
  },
  log: {
    options: ['--last', '--failed', '--follow'],
    examples: ['duplifs log laptop --last'],
    codes: [2, [11, 'no such log']],
  },
  completion: {
    summary: 'print the script for completion by bash, zsh or fish',
    options: [],
    examples: ['source <(duplifs completion bash)', 'duplifs completion fish | source'],
    codes: [2],
    notes:
      'Times of backup sets and paths are taken from what this machine knows of the backup; no storage is asked. To have it in each ' +
      'new shell, write the first line into ~/.bashrc (behind compinit into ~/.zshrc, with zsh), the second into ' +
      '~/.config/fish/config.fish.',
  },
  help: {
    options: [],
    examples: ['duplifs help restore', 'duplifs help storage'],
    codes: [2],
  },
};
