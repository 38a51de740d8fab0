import type { Command } from 'commander';
import { exitCodes } from '../../base/index.js';
import {
  changesJson,
  changesText,
  fileHistoryText,
  formatStatus,
  lockedTexts,
  mirrorGapText,
  missingTexts,
  setsAt,
  statusObject,
  statusRecord,
} from '../status/index.js';
import type { LockedSet } from '../status/index.js';
import type { Repository } from '../../repository/index.js';
import { addCommonOptions, archiveFolderOf } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { lastFullLine } from '../last-full.js';
import { withRepository } from '../open-repository.js';
import { LazyCommand, addGroup } from '../options/index.js';
import { Output } from '../output.js';
import { exitCodeWhenPartly, personality } from '../personality.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';

interface StatusOptions extends CommonOptions {
  readonly json: boolean;
  readonly jsonstat: boolean;
  readonly showChangesInSet?: number;
  readonly fileChanged?: string;
}

interface StatusJob {
  readonly url: string;
  readonly options: StatusOptions;
  readonly context: CommandContext;
}

/** `collection-status`: the chains and sets at a target, as duplicity prints them, and what is wrong. */
export function statusCommand(): Command {
  const command = new LazyCommand('collection-status')
    .alias('status')
    .description('show the chains and backup sets, and what is missing')
    .argument('<url>', 'where the backup lies')
    .option('--json', 'print JSON lines', false)
    .action(async (url: string, options: StatusOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, (repository) => {
          const { showChangesInSet, fileChanged } = options;
          const job = { url, options, context };
          return showChangesInSet === undefined && fileChanged === undefined
            ? showStatus(repository, job)
            : showChanges(repository, job);
        }),
      );
    });
  return addCommonOptions(addGroup(command, 'status'));
}

async function showStatus(
  repository: Repository,
  { url, options, context }: StatusJob,
): Promise<number> {
  const { log, signal } = context;
  const locked: LockedSet[] = [];
  const states = await repository.examineSets((setKey, reason) => {
    locked.push({ setKey, reason });
  }, signal);
  const { collection } = repository;
  const missing = missingTexts(states, collection);
  const mirrorGaps = repository.mirrorGaps();
  const notes = [...missing, ...lockedTexts(locked), ...mirrorGaps.map(mirrorGapText)];
  const output = new Output(process.stdout);
  const place = { backend: 'BackendWrapper', archiveDir: archiveFolderOf(url, options) };
  if (options.json) {
    await output.json(statusObject(collection, { notes, states, mirrorGaps }));
  } else {
    const lines = formatStatus(collection, { ...place, notes });
    for (const line of lines) await output.line(line);
    if (log.isRecorded) {
      const shown = lines.slice(lines.indexOf('Collection Status')).join('\n');
      log.recordResult('info', { code: 3, extra: statusRecord(collection, place) }, shown);
    }
  }
  await output.end();
  // duplicity's asks for no key: what a manifest holds is no part of it
  if (locked.length > 0 && !personality().isDuplicity) {
    if (options.json) for (const note of notes) log.error(`duplifs: ${note}`);
    return exitCodes.KEY;
  }
  return missing.length + mirrorGaps.length + locked.length > 0 ? exitCodeWhenPartly(false) : 0;
}

async function showChanges(
  repository: Repository,
  { options, context: { log, signal } }: StatusJob,
): Promise<number> {
  const { showChangesInSet, fileChanged, jsonstat, json } = options;
  const output = new Output(process.stdout);
  const sets = showChangesInSet === undefined ? [] : setsAt(repository, showChangesInSet);
  if (jsonstat || json) {
    const found = await changesJson(repository, sets, signal);
    await output.line(JSON.stringify(found, undefined, jsonstat ? 4 : undefined));
  } else {
    await output.line(lastFullLine(repository));
    const changes = await changesText(repository, sets, signal);
    const history =
      fileChanged === undefined ? [] : await fileHistoryText(repository, fileChanged, signal);
    const lines = [...changes, ...history];
    for (const line of lines) await output.line(line);
    log.recordResult('info', { code: 3 }, lines.join('\n'));
  }
  await output.end();
  return 0;
}
