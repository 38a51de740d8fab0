import type { Command } from 'commander';
import { errorText, exitCodes, isDuplifsError } from '../../base/index.js';
import { probeStorage } from '../../storage/index.js';
import { addCommonOptions } from '../common-options.js';
import type { CommonOptions } from '../common-options.js';
import { checkChains, checkKeys } from '../doctor/backup.js';
import { failed, ok, skipped, warning } from '../doctor/check.js';
import type { Finding } from '../doctor/check.js';
import { checkArchiveFolder, checkSpace } from '../doctor/local-state.js';
import { checkArchiveLock, checkTargetLocks } from '../doctor/locks.js';
import { checkFuse, checkGpg, checkNode, checkSqlite } from '../doctor/machine.js';
import { openFor, openStorageFor } from '../open-repository.js';
import { Output } from '../output.js';
import { printable } from '../printable.js';
import { runCommand } from '../run-command.js';
import type { CommandContext } from '../run-command.js';
import { LazyCommand } from '../options/index.js';

interface DoctorOptions extends CommonOptions {
  readonly json: boolean;
  readonly write: boolean;
}

/** `doctor`: looks at everything that a mount or a backup needs, and says what to do. */
export function doctorCommand(): Command {
  const command = new LazyCommand('doctor')
    .description('check this machine, and with a URL the storage and the backup on it')
    .argument('[url]', 'where the backup lies')
    .option('--json', 'print JSON lines', false)
    .option(
      '--write',
      'write a small file on the storage, read it and delete it; without this the storage is only read',
      false,
    )
    .action(async (url: string | undefined, options: DoctorOptions) => {
      await runCommand(options.verbosity, async (context) => {
        let failures = 0;
        const output = new Output(process.stdout);
        for await (const finding of findings(url, options, context)) {
          if (options.json) await output.json(finding);
          else for (const line of render(finding)) await output.line(line);
          await output.end();
          if (finding.state === 'failed') failures += 1;
        }
        return failures === 0 ? 0 : exitCodes.INCOMPLETE;
      });
    });
  return addCommonOptions(command);
}

async function* findings(
  url: string | undefined,
  options: DoctorOptions,
  context: CommandContext,
): AsyncGenerator<Finding> {
  yield checkNode();
  yield checkSqlite();
  yield* await checkFuse();
  yield await checkGpg(options);
  if (url === undefined) return;
  yield await checkArchiveFolder(url, options);
  yield* await checkSpace(url, options);
  yield await checkArchiveLock(url, options);
  yield* await checkStorage(url, options, context);
  yield* checkBackup(url, options, context);
}

async function checkStorage(
  url: string,
  options: DoctorOptions,
  { log, signal, statistics }: CommandContext,
): Promise<Finding[]> {
  try {
    const storage = await openStorageFor(url, options, log, { statistics });
    try {
      const checks = await probeStorage(storage, { write: options.write, signal });
      const findings: Finding[] = checks.map(({ name, state, message, hint }) => ({
        check: `storage ${name}`,
        state,
        message,
        advice: hint,
      }));
      if (!options.write) findings.push(notWritten);
      return [...findings, ...(await checkTargetLocks(storage, url, options))];
    } finally {
      await storage.close();
    }
  } catch (error) {
    return [failed('storage', errorText(error), adviceOf(error))];
  }
}

const notWritten = skipped(
  'storage write',
  'Not tried: with --write a small file is written, read and deleted',
);

async function* checkBackup(
  url: string,
  options: DoctorOptions,
  { log, signal, statistics }: CommandContext,
): AsyncGenerator<Finding> {
  let repository;
  try {
    repository = await openFor({ url, options, log }, { signal, statistics });
  } catch (error) {
    yield isDuplifsError(error, 'STORAGE_NOT_FOUND')
      ? warning('chains', 'There is no backup here', adviceOf(error))
      : failed('backup', errorText(error), adviceOf(error));
    return;
  }
  try {
    yield await checkKeys(repository, signal);
    yield* await checkChains(repository, signal);
    yield ok('catalog', 'The local catalog can be used');
  } finally {
    await repository.close();
  }
}

function adviceOf(error: unknown): string {
  return (isDuplifsError(error) ? error.hint : undefined) ?? 'See the documentation of the storage';
}

const marks = { ok: 'ok     ', warning: 'WARNING', failed: 'FAILED ', skipped: '-      ' } as const;

/** Its messages may hold names from the storage. */
function render({ check, state, message, advice }: Finding): string[] {
  const line = printable(`${marks[state]}  ${check}: ${message}`);
  return advice === undefined ? [line] : [line, `         → ${printable(advice)}`];
}
