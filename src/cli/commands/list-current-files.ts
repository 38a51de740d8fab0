import { Command } from 'commander';
import { encodeName, eventLoopTurns, exitCodes, hasEscapes } from '../../base/index.js';
import type { Snapshot, SnapshotEntry } from '../../snapshot/index.js';
import { formatLocalTime, formatStamp } from '../../time/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
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

interface ListOptions extends CommonOptions, TimeOptions {
  readonly json: boolean;
}

/** `list-current-files`: the files of the backup at a time, as duplicity prints them. */
export function listCommand(): Command {
  const command = new Command('list-current-files')
    .alias('ls')
    .description('list the files in the backup, as of now or of --time')
    .argument('<url>', 'where the backup lies')
    .option('--json', 'print JSON lines', false)
    .action(async (url: string, options: ListOptions) => {
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, async (repository) => {
          const { signal } = context;
          const turn = eventLoopTurns();
          const { snapshot, isLess } = await snapshotAt(repository, options, signal);
          await snapshot.load(signal);
          const start = snapshot.resolve(options.pathToRestore);
          let unknown = 0;
          const output = new Output(process.stdout);
          if (!options.json) {
            await output.line(synchronized);
            await output.line(lastFullLine(repository));
          }
          for (const { path, entry } of snapshot.walk(start)) {
            signal.throwIfAborted();
            if (entry.type !== 'dir' && isUnknown(snapshot, entry, context)) {
              unknown += 1;
              continue;
            }
            const full = [options.pathToRestore, path].filter((part) => part !== '').join('/');
            if (options.json) await output.json(jsonOf(full, entry, snapshot.sourceOf(entry)));
            else await output.line(textLine(full, entry));
            tellRecord(context, full, entry);
            await turn();
          }
          await output.end();
          return isLess || unknown > 0 ? exitCodes.INCOMPLETE : 0;
        }),
      );
    });
  return addTimeOptions(addCommonOptions(command));
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
  const name = path === '' ? Buffer.from('.') : encodeName(path);
  return Buffer.concat([Buffer.from(`${formatLocalTime(entry.mtimeSeconds)} `), name]);
}

/**
 * A size is null until the volume with the file was seen; then `sizeLimit` is an upper bound. `listedFrom` says what
 * the entry is known from: "signatures" alone are a hint that no volume has proven yet.
 */
function jsonOf(path: string, entry: SnapshotEntry, listedFrom: string): object {
  return {
    ...jsonName('path', path),
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtimeSeconds,
    size: entry.type === 'reg' ? (entry.size ?? null) : undefined,
    sizeLimit: entry.type === 'reg' && entry.size === undefined ? entry.sizeLimit : undefined,
    ...jsonName('linkTarget', entry.linkTarget),
    device: entry.device && [entry.device.major, entry.device.minor],
    listedFrom,
  };
}

/** A name as readable text and, where its bytes are not UTF-8, exactly as base64. */
function jsonName(key: string, name: string | undefined): Record<string, string> {
  if (name === undefined) return {};
  if (!hasEscapes(name)) return { [key]: name };
  return { [key]: name.toWellFormed(), [`${key}Base64`]: encodeName(name).toString('base64') };
}
