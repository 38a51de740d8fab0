import type { Command } from 'commander';
import { encodeName, errorText, eventLoopTurns, exitCodes } from '../../base/index.js';
import type { Repository } from '../../repository/index.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import { formatLocalTime, formatStamp } from '../../time/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { jsonOfEntry, jsonOfName } from '../entry-json.js';
import { modeText, pathBytes, sizeColumn } from '../entry-text.js';
import { lastFullLine } from '../last-full.js';
import { synchronized } from '../log.js';
import { quotedName } from '../machine-log/index.js';
import { Output } from '../output.js';
import { personality } from '../personality.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { addTimeOptions, snapshotAt } from '../time-options.js';
import type { TimeOptions } from '../time-options.js';
import { withRepository } from '../open-repository.js';
import { LazyCommand } from '../options/index.js';

interface ListOptions extends CommonOptions, TimeOptions {
  readonly json: boolean;
  readonly long: boolean;
}

/** `list-current-files`: the files of the backup at a time, as duplicity prints them. */
export function listCommand(): Command {
  const command = new LazyCommand('list-current-files')
    .alias('ls')
    .description('list the files in the backup, as of now or of --time')
    .argument('<url>', 'where the backup lies')
    .option('--json', 'print JSON lines', false)
    .option('-l, --long', 'modes, owners and exact sizes too, which may have to be found', false)
    .action(async (url: string, options: ListOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, (repository) =>
          runList(repository, options, context),
        ),
      );
    });
  return addTimeOptions(addCommonOptions(command));
}

async function runList(
  repository: Repository,
  options: ListOptions,
  context: CommandContext,
): Promise<number> {
  const { signal } = context;
  const turn = eventLoopTurns();
  const { snapshot, isLess } = await snapshotAt(repository, options, signal);
  await snapshot.load(signal);
  const start = snapshot.resolve(options.pathToRestore);
  let failures = 0;
  const output = new Output(process.stdout);
  if (!options.json) {
    await output.line(synchronized);
    await output.line(lastFullLine(repository));
  }
  for (const { path, entry } of snapshot.walk(start)) {
    signal.throwIfAborted();
    if (entry.type !== 'dir' && isUnknown(snapshot, entry, context)) {
      failures += 1;
      continue;
    }
    const full = [options.pathToRestore, path].filter((part) => part !== '').join('/');
    const shown = options.long ? await sized(snapshot, entry, full, context) : entry;
    if (options.long && shown.type === 'reg' && shown.size === undefined) failures += 1;
    if (options.json) {
      const json = jsonOfEntry(shown, snapshot.sourceOf(shown));
      await output.json({ ...jsonOfName('path', full), ...json });
    } else {
      await output.line(options.long ? longLine(snapshot, full, shown) : textLine(full, shown));
    }
    tellRecord(context, full, entry);
    await turn();
  }
  await output.end();
  return isLess || failures > 0 ? exitCodes.INCOMPLETE : 0;
}

/** The entry with its exact size, where that can be had; why not is told. */
async function sized(
  snapshot: Snapshot,
  entry: SnapshotEntry,
  path: string,
  { log, signal }: CommandContext,
): Promise<SnapshotEntry> {
  if (entry.type !== 'reg') return entry;
  try {
    return await snapshot.complete(entry, signal);
  } catch (error) {
    signal.throwIfAborted();
    log.error(`duplifs: The size of "${path}" cannot be known: ${errorText(error)}`);
    return { ...entry, size: undefined };
  }
}

/** For programs (docs/format/2-behaviour.md 6.5). */
function tellRecord({ log }: CommandContext, path: string, entry: SnapshotEntry): void {
  if (!log.isRecorded) return;
  const name = path === '' ? '.' : path;
  const { mtimeSeconds, type } = entry;
  const extra = `${formatStamp(mtimeSeconds)} ${quotedName(name)} ${type}`;
  log.recordResult('info', { code: 10, extra }, `${formatLocalTime(mtimeSeconds)} ${name}`);
}

/** Whether the state of the entry at that time cannot be known; that is told, and it is not listed. */
function isUnknown(snapshot: Snapshot, entry: SnapshotEntry, { log }: CommandContext): boolean {
  const reason = snapshot.whyUnknown(entry);
  if (reason !== undefined) log.error(`${personality().prefix}${reason.message}`);
  return reason !== undefined;
}

function textLine(path: string, entry: SnapshotEntry): Buffer {
  return Buffer.concat([Buffer.from(`${formatLocalTime(entry.mtimeSeconds)} `), pathBytes(path)]);
}

/** As `ls -l` has it. */
function longLine(snapshot: Snapshot, path: string, entry: SnapshotEntry): Buffer {
  const { uid, gid, userName, groupName } = snapshot.storedOwner(entry);
  const owner = `${userName || uid}:${groupName || gid}`.padEnd(ownerWidth);
  const time = formatLocalTime(entry.mtimeSeconds);
  const columns = [modeText(entry), owner, sizeColumn(entry), time];
  const parts = [Buffer.from(`${columns.join(' ')} `), pathBytes(path)];
  if (entry.linkTarget !== undefined) parts.push(Buffer.from(' -> '), encodeName(entry.linkTarget));
  return Buffer.concat(parts);
}

const ownerWidth = 16;
