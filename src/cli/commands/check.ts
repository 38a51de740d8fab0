import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { DuplifsError, exitCodes } from '../../base/index.js';
import { checkBackup, errorOf } from '../../check/index.js';
import type { CheckResult, Finding, Share } from '../../check/index.js';
import type { TargetOptions } from '../../target/index.js';
import { checkSummary, findingText } from '../check-text.js';
import { addCommonOptions, nowSeconds, parseSize } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import type { AnyEvent } from '../events/index.js';
import { makeArchiveFolder, refuseEmpty, withTarget } from '../open-target.js';
import type { TargetJob } from '../open-target.js';
import { Output } from '../output.js';
import { ProgressLine } from '../progress-line.js';
import { runCommand } from '../run-command.js';
import { LazyCommand } from '../options/index.js';

interface CheckCommandOptions extends CommonOptions {
  readonly json: boolean;
  /** `true` without a value. */
  readonly readData?: string | true;
}

/** `check`: whether a backup is well, by all that is known of it, and with --read-data by reading its volumes. */
export function checkCommand(): Command {
  const command = new LazyCommand('check')
    .description('check that a backup is whole and as it was written; each finding says what to do')
    .argument('[url]', 'where the backup lies')
    .option(
      '--read-data [share]',
      'read and verify all volumes, or a share of them: 5%, 1/7 or 2G of those that were not read for longest',
    )
    .option('--json', 'print a JSON line for each finding, and one at the end', false)
    .action(async (url: string | undefined, options: CheckCommandOptions) => {
      await runCommand(options.verbosity, (context) => {
        const { readData } = options;
        // commander takes what follows an option for its value
        const isUrl = typeof readData === 'string' && url === undefined;
        const share = isUrl || readData === true ? 'all' : readData;
        const where = isUrl ? readData : url;
        if (where === undefined) {
          throw new DuplifsError('USAGE', 'No URL says where the backup lies');
        }
        const wanted = share === undefined ? undefined : parseShare(share);
        return runCheck({ url: where, options, context }, wanted);
      });
    });
  return addCommonOptions(command);
}

/** How much is read: `all`, `5%`, `1/7`, `2G`. */
function parseShare(text: string): Share {
  if (text === 'all') return { kind: 'all' };
  const part = partOf(text);
  if (part !== undefined && part > 0 && part <= 1) {
    return part === 1 ? { kind: 'all' } : { kind: 'part', part };
  }
  try {
    const bytes = part === undefined ? parseSize(text) : 0;
    if (bytes > 0) return { kind: 'bytes', bytes };
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
  }
  throw new DuplifsError('USAGE', `"${text}" is no share of a backup`, {
    hint: 'Give --read-data alone for all of it, or with 5%, 1/7 or 2G',
  });
}

function partOf(text: string): number | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) return Number(percent) / 100;
  const [, numerator, denominator] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  return numerator === undefined ? undefined : Number(numerator) / Number(denominator);
}

/** Events that are findings here, and told as such. */
const foundAnyway = new Set<AnyEvent['code']>(['files-refused', 'set-refused', 'newest-set-gone']);

async function runCheck(
  job: TargetJob<CheckCommandOptions>,
  share: Share | undefined,
): Promise<number> {
  const { options, context } = job;
  const { log, signal } = context;
  const progress = share && ProgressLine.onTerminal('volumes');
  const clear = (): void => progress?.clear();
  log.beforeLine = clear;
  const shown = new ShownFindings(options.json, clear);
  let newestGone: string | undefined;
  const report: TargetOptions['report'] = (event) => {
    if (event.code === 'newest-set-gone') newestGone = event.setKey;
    if (!foundAnyway.has(event.code)) log.report(event);
  };
  try {
    const result = await withTarget(job, report, async (target) => {
      const listing = await target.list({ signal });
      await refuseEmpty(job, listing);
      await makeArchiveFolder(target);
      return checkBackup({
        target,
        listing,
        share,
        newestGone,
        nowSeconds: nowSeconds(options),
        report: (event) => {
          if (event.code === 'check-finding') shown.add(event.finding);
          else log.report(event);
        },
        onProgress: ({ volumes, bytes, totalVolumes, totalBytes }) => {
          progress?.show({ entries: volumes, bytes, totalEntries: totalVolumes, totalBytes });
        },
        signal,
      });
    });
    progress?.end();
    await shown.end(result);
    return result.worst === undefined ? 0 : exitCodes[result.worst];
  } finally {
    progress?.end();
    log.beforeLine = undefined;
  }
}

/** Findings on standard output, each as soon as it is made. */
class ShownFindings {
  readonly #output = new Output(process.stdout);
  readonly #isJson: boolean;
  readonly #before: () => void;
  #shown = Promise.resolve();

  constructor(isJson: boolean, before: () => void) {
    this.#isJson = isJson;
    this.#before = before;
  }

  add(finding: Finding): void {
    this.#shown = this.#shown.then(() => this.#show(finding));
    this.#shown.catch(() => undefined); // it comes out at the end
  }

  async end(result: CheckResult): Promise<void> {
    await this.#shown;
    const { worst } = result;
    const summary = checkSummary(result);
    if (this.#isJson) {
      const exitCode = worst === undefined ? 0 : exitCodes[worst];
      await this.#output.json({ type: 'summary', exitCode, summary, ...result });
    } else {
      await this.#output.line(summary);
    }
    await this.#output.end();
  }

  async #show(finding: Finding): Promise<void> {
    const text = findingText(finding);
    this.#before();
    if (this.#isJson) {
      const error = errorOf(finding);
      const exitCode = error === undefined ? 0 : exitCodes[error];
      await this.#output.json({ type: 'finding', ...finding, error, exitCode, ...text });
    } else {
      await this.#output.line(text.message);
      await this.#output.line(`  → ${text.advice}`);
    }
    await this.#output.end();
  }
}
