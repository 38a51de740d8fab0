import type { Command } from 'commander';
import { DuplifsError } from '../../base/index.js';
import { SetStates } from '../../target/index.js';
import type { TargetListing } from '../../target/index.js';
import { parseInterval } from '../../time/index.js';
import { filesOf, keepRules, planPrune, refuseLastWhole, removeSets } from '../../upkeep/index.js';
import type { KeepCounts, KeepRule, PrunePlan, PrunePolicy } from '../../upkeep/index.js';
import { nowSeconds, parseWhole } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { Output } from '../output.js';
import { addRemovalOptions, willDo, withListing } from '../removal-options.js';
import type { RemovalJob, RemovalOptions } from '../removal-options.js';
import { runCommand } from '../run-command.js';
import { pruneLines } from '../upkeep-text.js';
import { LazyCommand } from '../options/index.js';

export interface KeepOptions extends Partial<Record<`keep${Capitalize<KeepRule>}`, number>> {
  readonly keepWithin?: number;
}

interface PruneCommandOptions extends RemovalOptions, KeepOptions {}

/** `prune`: keeps some sets of the last days, weeks and months, and removes the others. */
export function pruneCommand(): Command {
  const command = new LazyCommand('prune')
    .description(
      'remove what no rule keeps; says for each set why it stays or goes (--force; without it nothing is removed)',
    )
    .argument('<url>', 'where the backup lies');
  addKeepOptions(command);
  command.action(async (url: string, options: PruneCommandOptions) => {
    await runCommand(options.verbosity, (context) => prune({ url, options, context }));
  });
  return addRemovalOptions(command);
}

/** Adds the rules to a command. */
export function addKeepOptions(command: Command): void {
  command.option('--keep-within <interval>', 'keep all sets of this time: 7D, 2M', parseInterval);
  for (const rule of keepRules) {
    const what = rule === 'last' ? 'the newest so many sets' : `one set for each ${periods[rule]}`;
    command.option(`--keep-${rule} <n>`, `keep ${what}`, parseWhole);
  }
}

const periods: Record<Exclude<KeepRule, 'last'>, string> = {
  hourly: 'of the last n hours that have any',
  daily: 'of the last n days',
  weekly: 'of the last n weeks',
  monthly: 'of the last n months',
  yearly: 'of the last n years',
};

async function prune(job: RemovalJob<PruneCommandOptions>): Promise<number> {
  const { options, context } = job;
  const policy = policyOf(options);
  return withListing(job, async ({ target, listing }) => {
    const pruning = planFor(listing, policy, options);
    const { plan } = pruning;
    const output = new Output(process.stdout);
    if (options.json) await output.json(pruneJson(pruning, willDo(options)));
    else for (const line of linesOf(pruning, options.force)) await output.line(line);
    await output.end();
    if (!willDo(options)) return 0;
    const { signal: stop, log } = context;
    await removeSets({ target, listing, stop, report: log.report }, plan.removed);
    return 0;
  });
}

/** @throws DuplifsError USAGE where there is no rule */
export function policyOf(options: KeepOptions): PrunePolicy {
  const policy = { withinSeconds: options.keepWithin, counts: countsOf(options) };
  if (policy.withinSeconds !== undefined || Object.keys(policy.counts).length > 0) return policy;
  throw new DuplifsError('USAGE', 'No rule says what is to stay', {
    hint: 'Give some, such as --keep-within 7D --keep-weekly 8 --keep-monthly 12',
  });
}

/** What goes and stays, and how large it is. */
export interface Pruning {
  readonly plan: PrunePlan;
  /** By the set's key, on the storage. */
  readonly bytes: ReadonlyMap<string, number>;
}

/** @throws DuplifsError FILE_MISSING as refuseLastWhole, where something is to be removed */
export function planFor(
  listing: TargetListing,
  policy: PrunePolicy,
  options: Pick<CommonOptions, 'force' | 'currentTime'>,
): Pruning {
  const states = SetStates.of(listing);
  const faults = states.all().filter((state) => state.faults.length > 0);
  const faulty = new Set(faults.map(({ key }) => key));
  const plan = planPrune(listing.collection, { policy, faulty, nowSeconds: nowSeconds(options) });
  if (options.force) refuseLastWhole(states, plan.removed.flat());
  return { plan, bytes: sizesOf(plan, listing) };
}

/** In words. */
export function linesOf({ plan, bytes }: Pruning, isDone: boolean): string[] {
  return pruneLines(plan, { bytes, isDone });
}

function countsOf(options: KeepOptions): KeepCounts {
  const counts: Partial<Record<KeepRule, number>> = {};
  for (const rule of keepRules) {
    const count = options[`keep${capital(rule)}`];
    if (count !== undefined) counts[rule] = count;
  }
  return counts;
}

function capital<Word extends string>(word: Word): Capitalize<Word> {
  return (word.slice(0, 1).toUpperCase() + word.slice(1)) as Capitalize<Word>;
}

/** By the set's key: the bytes of its files on the storage. */
function sizesOf({ sets }: PrunePlan, listing: TargetListing): ReadonlyMap<string, number> {
  return new Map(
    sets.map(({ set }) => [
      set.key,
      filesOf(set).reduce((sum, { name }) => sum + (listing.sizeOf(name) ?? 0), 0),
    ]),
  );
}

export function pruneJson({ plan: { sets }, bytes }: Pruning, done: boolean): object {
  return {
    done,
    sets: sets.map(({ set: { key, times }, reasons }) => ({
      set: key,
      kind: times.kind,
      timeSeconds: times.endSeconds,
      keep: reasons.length > 0,
      reasons,
      bytes: bytes.get(key) ?? 0,
    })),
  };
}
