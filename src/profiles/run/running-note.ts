/**
 * Who runs a profile now, noted beside its lock. The lock itself dies with its process; a note that is found by who gets
 * the lock is that of a run which was killed, and goes into the history as such.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from '../../base/index.js';
import { stateFolder } from '../file/profile-places.js';

const noteSchema = z.object({
  version: z.literal(1),
  pid: z.int(),
  startedSeconds: z.number(),
  /** What it was about when it last wrote. */
  step: z.string(),
  log: z.string().optional(),
});
export type RunningNote = z.infer<typeof noteSchema>;

export async function readNote(profile: string): Promise<RunningNote | undefined> {
  try {
    return noteSchema.safeParse(JSON.parse(await readFile(pathOf(profile), 'utf8'))).data;
  } catch {
    return undefined;
  }
}

export async function writeNote(profile: string, note: RunningNote): Promise<void> {
  await replaceFile(pathOf(profile), `${JSON.stringify(note)}\n`);
}

export async function removeNote(profile: string): Promise<void> {
  await rm(pathOf(profile), { force: true });
}

function pathOf(profile: string): string {
  return join(stateFolder(profile), 'running.json');
}
