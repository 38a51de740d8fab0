/** All sets of a backup, for the commands that look through all of them. */
import { DuplifsError, exitCodes, isDuplifsError } from '../base/index.js';
import type { Repository } from '../repository/index.js';
import type { Timeline } from '../snapshot/index.js';
import { nowSeconds } from './common-options.js';
import type { CommonOptions } from './common-options.js';
import type { CommandContext } from './run-command.js';

export interface AllSets {
  readonly timeline: Timeline;
  /** What a command ends with that did its work, but for what is told: 0, or that sets are missing from the timeline. */
  readonly exitCode: number;
}

/**
 * The sets whose trees can be known; the others are named on standard error.
 * @throws what a reader of the newest set would get, when no set can be read
 */
export async function allSets(
  repository: Repository,
  options: CommonOptions,
  { log, signal }: CommandContext,
): Promise<AllSets> {
  let first: DuplifsError | undefined;
  let exitCode = 0;
  const timeline = await repository.timeline(([setKey = '', ...others], error) => {
    first ??= error;
    // a key that is missing can be given; what is lost is lost
    if (exitCode !== exitCodes.KEY) {
      exitCode = isDuplifsError(error, 'KEY') ? exitCodes.KEY : exitCodes.INCOMPLETE;
    }
    const more = others.length === 0 ? '' : `, and ${others.length} that build on it`;
    log.error(`duplifs: Set ${setKey} is left out${more}: ${error.message}`);
  }, signal);
  if (timeline.sets.length === 0) {
    if (first !== undefined) throw first;
    await repository.choose({ timeSeconds: undefined, nowSeconds: nowSeconds(options) }, signal);
    throw new DuplifsError('NO_BACKUP', 'There is no backup here that can be read');
  }
  if (timeline.hasUnknown) exitCode ||= exitCodes.INCOMPLETE;
  return { timeline, exitCode };
}
