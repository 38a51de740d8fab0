/** The runs of a profile, one JSON line each: added to at the end, so that a full disk loses at most the last one. */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { diskErrorCode, replaceFile } from '../../base/index.js';
import { stateFolder } from '../file/profile-places.js';
import { runRecordSchema } from './run-record.js';
import type { RunRecord } from './run-record.js';

const fileName = 'history.jsonl';
/** Every 15 minutes for more than three months. */
const mostRecords = 10_000;

/** What is known of the runs, the oldest first; a line that is cut off or not ours is passed over. */
export async function readHistory(profile: string): Promise<RunRecord[]> {
  const lines = await linesOf(profile);
  return lines.flatMap((line) => recordOf(line) ?? []);
}

/** Adds a run; the oldest go where there are too many. */
export async function addToHistory(record: RunRecord): Promise<void> {
  const folder = stateFolder(record.profile);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, fileName);
  const lines = await linesOf(record.profile);
  const line = JSON.stringify(record);
  if (lines.length >= mostRecords) {
    const kept = [...lines.slice(-mostRecords / 2), line];
    await replaceFile(path, `${kept.join('\n')}\n`);
    return;
  }
  // what a full disk has cut off must not swallow the next line
  await appendFile(path, `${(await endsInLine(path)) ? '' : '\n'}${line}\n`, { mode: 0o600 });
}

async function endsInLine(path: string): Promise<boolean> {
  const text = await textOf(path);
  return text === '' || text.endsWith('\n');
}

async function linesOf(profile: string): Promise<string[]> {
  const text = await textOf(join(stateFolder(profile), fileName));
  return text.split('\n').filter((line) => line !== '');
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (diskErrorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

function recordOf(line: string): RunRecord | undefined {
  try {
    return runRecordSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** When a backup was last made; undefined when none is known of. */
export function lastBackupSeconds(records: readonly RunRecord[]): number | undefined {
  return records.findLast(({ backedUp }) => backedUp)?.endedSeconds;
}

/** Since when nothing has succeeded: the last backup, or the first run where none ever did. */
export function nothingSinceSeconds(records: readonly RunRecord[]): number | undefined {
  return lastBackupSeconds(records) ?? records[0]?.startedSeconds;
}
