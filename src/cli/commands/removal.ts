/** The commands that remove: old chains and incrementals, and what belongs to no set. Without --force they only list. */
import type { Command } from 'commander';
import type { BackupSet } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import { SetStates } from '../../target/index.js';
import type { TargetListing } from '../../target/index.js';
import { parseTime } from '../../time/index.js';
import {
  planAllButFulls,
  planCleanup,
  planIncrementals,
  planOlderThan,
  refuseLastWhole,
  removeFiles,
  removeSets,
} from '../../upkeep/index.js';
import type { RetentionPlan } from '../../upkeep/index.js';
import { nowSeconds } from '../common-options.js';
import { Output } from '../output.js';
import { personality } from '../personality.js';
import { addRemovalOptions, willDo, withListing } from '../removal-options.js';
import type { RemovalJob, RemovalOptions } from '../removal-options.js';
import { runCommand } from '../run-command.js';
import { formatLastFull } from '../status/index.js';
import { pruneCommand } from './prune.js';
import { cleanupLines, retentionLines } from '../upkeep-text.js';
import { LazyCommand } from '../options/index.js';

/** `remove-older-than`, `remove-all-but-n-full`, `remove-all-inc-of-but-n-full`, `cleanup` and `prune`. */
export function removalCommands(): Command[] {
  return [
    retentionCommand(
      {
        name: 'remove-older-than',
        alias: 'ro',
        argument: '<time>',
        what: 'chains that end before it go',
      },
      'remove the chains that end before a time',
      (time, options) => {
        const timeSeconds = parseTime(time, nowSeconds(options));
        return ({ collection }) => planOlderThan(collection, timeSeconds);
      },
    ),
    retentionCommand(
      {
        name: 'remove-all-but-n-full',
        alias: 'ra',
        argument: '<count>',
        what: 'how many fulls stay as they are',
      },
      'remove the chains that are older than the newest so many fulls',
      (text) => {
        const count = parseCount(text);
        return ({ collection }) => planAllButFulls(collection, count);
      },
    ),
    retentionCommand(
      {
        name: 'remove-all-inc-of-but-n-full',
        alias: 'ri',
        argument: '<count>',
        what: 'how many fulls stay as they are',
      },
      'remove the incrementals of those chains, and keep their fulls',
      (text) => {
        const count = parseCount(text);
        return ({ collection }) => planIncrementals(collection, count);
      },
    ),
    cleanupCommand(),
    pruneCommand(),
  ];
}

type Planner = (listing: TargetListing) => RetentionPlan;

function retentionCommand(
  { name, alias, argument, what }: { name: string; alias: string; argument: string; what: string },
  description: string,
  plannerOf: (argument: string, options: RemovalOptions) => Planner,
): Command {
  const command = new LazyCommand(name)
    .alias(alias)
    .description(`${description} (--force; without it they are only listed)`)
    .argument(argument, what)
    .argument('<url>', 'where the backup lies')
    .action(async (given: string, url: string, options: RemovalOptions) => {
      await runCommand(options.verbosity, async (context) => {
        const plan = plannerOf(given, options);
        return removeOld({ url, options, context }, plan, name.includes('inc-of'));
      });
    });
  return addRemovalOptions(command);
}

function cleanupCommand(): Command {
  const command = new LazyCommand('cleanup')
    .alias('cl')
    .description(
      'remove what belongs to no set that can be used (--force; without it it is only listed)',
    )
    .argument('<url>', 'where the backup lies')
    .action(async (url: string, options: RemovalOptions) => {
      await runCommand(options.verbosity, (context) => cleanUp({ url, options, context }));
    });
  return addRemovalOptions(command);
}

async function removeOld(
  job: RemovalJob,
  planner: Planner,
  onlyIncrementals: boolean,
): Promise<number> {
  const { options, context } = job;
  return withListing(job, async ({ target, listing }) => {
    const plan = planner(listing);
    const isDone = options.force;
    if (isDone) refuseLastWhole(SetStates.of(listing), plan.removed.flat());
    const output = new Output(process.stdout);
    if (options.json) {
      const keys = (sets: readonly BackupSet[]): string[] => sets.map(({ key }) => key);
      const removed = plan.removed.map(keys);
      const { isNewestOld } = plan;
      await output.json({ removed, needed: keys(plan.needed), isNewestOld, done: willDo(options) });
    } else {
      await tellLines(output, job, [
        ...lastFullLines(listing),
        ...retentionLines(plan, { isDone, onlyIncrementals }),
      ]);
    }
    await output.end();
    if (!willDo(options)) return 0;
    const { signal: stop, log } = context;
    await removeSets({ target, listing, stop, report: log.report }, plan.removed, plan.signatures);
    return 0;
  });
}

async function cleanUp(job: RemovalJob): Promise<number> {
  const { options, context } = job;
  const { signal: stop, log } = context;
  return withListing(job, async ({ target, listing }) => {
    const plan = planCleanup(listing);
    const output = new Output(process.stdout);
    const { local, stored } = plan;
    if (options.json) await output.json({ local, stored, done: willDo(options) });
    else {
      const lines = cleanupLines(plan, options.force);
      await tellLines(output, job, [...lastFullLines(listing), ...lines]);
    }
    await output.end();
    for (const { key } of plan.readable) {
      log.warn(
        `Set ${key} was complete, or nearly: what is left of it can be read with --use-incomplete`,
      );
    }
    if (!willDo(options)) return 0;
    await removeFiles({ target, listing, stop, report: log.report }, plan);
    return 0;
  });
}

/** In duplicity's place: the line that each of its commands prints. */
function lastFullLines(listing: TargetListing): string[] {
  return personality().isDuplicity ? [formatLastFull(listing.collection)] : [];
}

/** To the terminal, and to the log for programs. */
async function tellLines(
  output: Output,
  { context: { log } }: RemovalJob,
  lines: readonly string[],
): Promise<void> {
  for (const line of lines) {
    await output.line(line);
    log.record('notice', { code: 1 }, line);
  }
}

function parseCount(text: string): number {
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new DuplifsError('USAGE', `"${text}" is no number of fulls`, {
    hint: 'Give how many fulls are to stay: 1 or more',
  });
}
