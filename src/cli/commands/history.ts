import type { Command } from 'commander';
import { errorText, exitCodes } from '../../base/index.js';
import { pathHistory } from '../../queries/index.js';
import type { PathEvent } from '../../queries/index.js';
import type { Repository } from '../../repository/index.js';
import type { Timeline } from '../../snapshot/index.js';
import { formatLocalTime, formatStamp } from '../../time/index.js';
import { allSets } from '../all-sets.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { jsonOfEntry, jsonOfName, jsonOfSet } from '../entry-json.js';
import { modeText, sizeColumn } from '../entry-text.js';
import { withRepository } from '../open-repository.js';
import { Output } from '../output.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { LazyCommand, cleanPath, parseWhole } from '../options/index.js';
import type { ProfileMeans } from '../profile/means.js';
import type { RunHistoryOptions } from '../profile/command-options.js';

interface HistoryOptions extends CommonOptions, RunHistoryOptions {}

/** `history`: each version of one path, and what changed; of a profile without a path, its runs. */
export function historyCommand(means: ProfileMeans): Command {
  const command = new LazyCommand('history')
    .description(
      'show each version of one path, with its time, set, size and what changed; or without a path the runs of a profile',
    )
    .argument('<url>', 'where the backup lies, or a profile')
    .argument('[path]', 'a path of the backup', cleanPath)
    .option('--json', 'print JSON lines', false)
    .option('--count <n>', 'of the runs of a profile only the newest so many', parseWhole)
    .action(async (url: string, path: string | undefined, options: HistoryOptions) => {
      if (path === undefined) {
        const { showRunHistory } = await import('../profile/run-history.js');
        await showRunHistory(url, options, means);
        return;
      }
      await runCommand(options.verbosity, async (context) =>
        withRepository(url, options, context, (repository) =>
          showHistory(repository, path, options, context),
        ),
      );
    });
  return addCommonOptions(command);
}

async function showHistory(
  repository: Repository,
  path: string,
  options: HistoryOptions,
  context: CommandContext,
): Promise<number> {
  const { log, signal } = context;
  const { timeline, exitCode } = await allSets(repository, options, context);
  let failures = 0;
  const events = await pathHistory(timeline, path, {
    onFailure: (error) => {
      failures += 1;
      log.error(`duplifs: Not all of "${path}" can be known: ${errorText(error)}`);
    },
    signal,
  });
  const output = new Output(process.stdout);
  for (const event of events) {
    if (options.json) await output.json(jsonOf(path, event, timeline));
    else await output.line(textOf(event));
  }
  await output.end();
  return failures > 0 ? Math.max(exitCode, exitCodes.INCOMPLETE) : exitCode;
}

function jsonOf(
  path: string,
  { set, kind, fields, version }: PathEvent,
  timeline: Timeline,
): object {
  const event = { ...jsonOfName('path', path), change: kind, fields, ...jsonOfSet(set) };
  if (version === undefined) return event;
  const { entry, until, end } = version;
  const of = { until: jsonOfSet(until), state: end };
  return { ...event, ...of, ...jsonOfEntry(entry, timeline.sourceOf(entry)) };
}

/** When, what, how large, and in what it is another one than before. */
function textOf({ set, kind, fields, version }: PathEvent): string {
  const columns = [formatStamp(set.endSeconds), kind.padEnd('metadata'.length)];
  if (version !== undefined) {
    const { entry } = version;
    columns.push(modeText(entry), sizeColumn(entry), formatLocalTime(entry.mtimeSeconds));
  }
  if (fields.length > 0) columns.push(`(${fields.join(', ')})`);
  return columns.join(' ');
}
