import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { exitCodes } from '../../base/index.js';
import { checkBackup, errorOf } from '../../check/index.js';
import type { CheckResult, Finding } from '../../check/index.js';
import { planRepair, repair, SetFacts } from '../../repair/index.js';
import type { RepairPlan } from '../../repair/index.js';
import { TargetLock, withArchiveLock } from '../../target/index.js';
import type { Target, TargetListing } from '../../target/index.js';
import { chooseEncoding } from '../backup/encoding.js';
import { addRecipientOptions } from '../backup/write-options.js';
import { findingText } from '../check-text.js';
import { nowSeconds } from '../common-options.js';
import { makeArchiveFolder, refuseEmpty, withTarget } from '../open-target.js';
import type { TargetJob } from '../open-target.js';
import { Output } from '../output.js';
import { addRemovalOptions, willDo } from '../removal-options.js';
import type { RemovalOptions } from '../removal-options.js';
import { actionText } from '../repair-text.js';
import { runCommand } from '../run-command.js';
import { programVersion } from '../version.js';
import { LazyCommand } from '../options/index.js';

interface RepairCommandOptions extends RemovalOptions {
  readonly encryptKey: readonly string[];
  readonly hiddenEncryptKey: readonly string[];
}

type RepairJob = TargetJob<RepairCommandOptions>;

/** `repair`: what can be made whole again without the source. Shows what it would do; --force does it. */
export function repairCommand(): Command {
  const command = new LazyCommand('repair')
    .description(
      'make whole again what can be without the source (--force; without it nothing is changed)',
    )
    .argument('<url>', 'where the backup lies')
    .action(async (url: string, options: RepairCommandOptions) => {
      await runCommand(options.verbosity, (context) => runRepair({ url, options, context }));
    });
  return addRemovalOptions(addRecipientOptions(command));
}

async function runRepair(job: RepairJob): Promise<number> {
  const { options, context } = job;
  const { log, signal } = context;
  return withTarget(job, log.report, async (target) => {
    const shown = new ShownPlan(options.json);
    if (!willDo(options)) {
      const looked = await look(job, target, await target.list({ signal }));
      await shown.plan(looked.plan, false);
      return shown.end(looked, false);
    }
    const { archiveFolder } = target;
    const locked = (): Promise<number> => repairLocked(job, target, shown);
    return withArchiveLock(archiveFolder, options.lockWait, locked, signal);
  });
}

async function repairLocked(job: RepairJob, target: Target, shown: ShownPlan): Promise<number> {
  const { options, context } = job;
  const { log, signal } = context;
  const { storage, prefixes, archiveFolder } = target;
  const lock = await TargetLock.take({
    storage,
    prefixes,
    archiveFolder,
    lockWaitSeconds: options.lockWait,
    stop: signal,
    report: log.report,
  });
  try {
    const listing = await target.list({ stored: lock.stored, signal });
    const before = await look(job, target, listing);
    await shown.plan(before.plan, true);
    if (before.plan.actions.length === 0) return await shown.end(before, false);
    const encodingOptions = {
      ...options,
      encryption: true,
      compression: true,
      compressionLevel: 1,
    };
    await repair(
      {
        target,
        listing,
        facts: before.facts,
        encoding: () =>
          chooseEncoding(encodingOptions, target.decode.keyring, { signal, isNew: false }),
        checkLock: () => lock.check({ kind: 'full', endSeconds: 0 }),
        producer: `duplifs ${programVersion()}`,
        tempFolder: options.tempdir ?? tmpdir(),
        report: log.report,
        signal,
      },
      before.plan.actions,
    );
  } finally {
    await lock.release();
  }
  // without the lock, which is no part of what is left
  const after = await target.list({ signal });
  return shown.end(await look(job, target, after), true);
}

interface Looked {
  readonly result: CheckResult;
  readonly plan: RepairPlan;
  readonly facts: SetFacts;
}

/** Checks the target without its volumes, and plans what can be done about what is found. */
async function look(job: RepairJob, target: Target, listing: TargetListing): Promise<Looked> {
  const { options, context } = job;
  const { log, signal } = context;
  await refuseEmpty(job, listing);
  await makeArchiveFolder(target);
  const findings: Finding[] = [];
  const facts = new SetFacts();
  const result = await checkBackup({
    target,
    listing,
    nowSeconds: nowSeconds(options),
    report: (event) => {
      if (event.code === 'check-finding') findings.push(event.finding);
      else log.report(event);
    },
    onSet: (checked) => {
      facts.add(checked);
    },
    signal,
  });
  const { prefixes } = target;
  return { result, facts, plan: planRepair({ listing, prefixes, findings }) };
}

class ShownPlan {
  readonly #output = new Output(process.stdout);
  readonly #isJson: boolean;

  constructor(isJson: boolean) {
    this.#isJson = isJson;
  }

  async plan({ actions }: RepairPlan, isDone: boolean): Promise<void> {
    for (const action of actions) {
      const message = actionText(action);
      if (this.#isJson) await this.#output.json({ type: 'action', ...action, message });
      else await this.#output.line(`${isDone ? 'Will' : 'Would'} ${message}`);
    }
    await this.#output.end();
  }

  /** What is left, and one sentence; the exit code. */
  async end({ result, plan }: Looked, isDone: boolean): Promise<number> {
    for (const finding of plan.left) {
      const text = findingText(finding);
      if (this.#isJson) {
        const error = errorOf(finding);
        await this.#output.json({ type: 'left', ...finding, error, ...text });
      } else {
        await this.#output.line(text.message);
        await this.#output.line(`  → ${text.advice}`);
      }
    }
    const { worst } = result;
    const count = plan.actions.length;
    const exitCode = worst === undefined ? 0 : exitCodes[worst];
    const summary = summaryOf(count, plan.left, { exitCode, isDone });
    if (this.#isJson) {
      await this.#output.json({ type: 'summary', done: isDone, actions: count, exitCode, summary });
    } else {
      await this.#output.line(summary);
    }
    await this.#output.end();
    return exitCode;
  }
}

function summaryOf(
  actions: number,
  left: readonly Finding[],
  { exitCode, isDone }: { readonly exitCode: number; readonly isDone: boolean },
): string {
  const errors = left.filter((finding) => errorOf(finding) !== undefined).length;
  const rest =
    errors === 0 ? '' : ` ${things(errors)} cannot be mended from here (exit code ${exitCode}).`;
  if (!isDone && actions > 0) {
    const whole = `${things(actions)} can be mended`;
    return `${whole}. Run the command again with --force to do it.${rest}`;
  }
  if (exitCode === 0) return isDone ? 'All is well now.' : 'Nothing needs to be mended.';
  if (actions > 0) return `${things(actions)} could not be mended.${rest}`;
  return rest.trim() === '' ? 'Nothing can be mended from here.' : rest.trim();
}

function things(count: number): string {
  return count === 1 ? '1 thing' : `${count} things`;
}
