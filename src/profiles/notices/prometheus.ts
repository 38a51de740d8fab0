/** A file for node_exporter's textfile collector: what monitoring asks of a profile. */
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RunRecord } from '../logs/run-record.js';

export interface Metrics {
  readonly profile: string;
  readonly record: RunRecord;
  readonly lastBackupSeconds: number | undefined;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly value: number | undefined;
}

/** The file's text: gauges, each with its help; what is not known has no line. */
export function metricsText({ profile, record, lastBackupSeconds }: Metrics): string {
  const { figures, exitCode, startedSeconds, endedSeconds, outcome } = record;
  const metrics: Metric[] = [
    { name: 'last_success_seconds', help: 'When a backup was last made', value: lastBackupSeconds },
    { name: 'last_run_seconds', help: 'When the last run ended', value: endedSeconds },
    { name: 'last_run_exit_code', help: 'The exit code of the last run', value: exitCode },
    { name: 'last_run_success', help: '1 when it succeeded', value: outcome === 'success' ? 1 : 0 },
    {
      name: 'last_run_duration_seconds',
      help: 'How long it took',
      value: endedSeconds - startedSeconds,
    },
    { name: 'source_files', help: 'Entries of the source', value: figures?.sourceFiles },
    { name: 'source_bytes', help: 'Bytes of the source', value: figures?.sourceBytes },
    { name: 'stored_bytes', help: 'Bytes that the last set has put', value: figures?.storedBytes },
    { name: 'errors', help: 'Files that could not be read', value: figures?.errors },
  ];
  const label = `{profile="${profile.replace(/[\\"]/g, '\\$&')}"}`;
  const lines = metrics
    .filter(({ value }) => value !== undefined)
    .flatMap(({ name, help, value }) => [
      `# HELP duplifs_${name} ${help}`,
      `# TYPE duplifs_${name} gauge`,
      `duplifs_${name}${label} ${value ?? 0}`,
    ]);
  return `${lines.join('\n')}\n`;
}

/** Replaces the file at once; the exporter, another user, reads it, and passes over the temporary one. */
export async function writeMetrics(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.new`);
  try {
    await writeFile(temporary, text, { mode: 0o644 });
    await chmod(temporary, 0o644);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
