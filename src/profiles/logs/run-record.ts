/** What is known of a run once it has ended: a line of the profile's history. */
import { z } from 'zod';

export const outcomes = ['success', 'warning', 'failure', 'skipped', 'killed'] as const;
export type Outcome = (typeof outcomes)[number];

const stepSchema = z.object({
  /** "before", "backup", "prune", "cleanup", "check", "after". */
  step: z.string(),
  exitCode: z.int(),
  seconds: z.number(),
  /** The last error or warning that it told. */
  message: z.string().optional(),
});
export type StepRecord = z.infer<typeof stepSchema>;

/** What the backup of a run has done. */
const figuresSchema = z.object({
  /** The key of the set; null where none was written. */
  set: z.string().nullable(),
  kind: z.string(),
  sourceFiles: z.number(),
  sourceBytes: z.number(),
  newFiles: z.number(),
  changedFiles: z.number(),
  deletedFiles: z.number(),
  storedBytes: z.number(),
  errors: z.number(),
});
export type BackupFigures = z.infer<typeof figuresSchema>;

export const runRecordSchema = z.object({
  version: z.literal(1),
  profile: z.string(),
  startedSeconds: z.number(),
  endedSeconds: z.number(),
  outcome: z.enum(outcomes),
  exitCode: z.int(),
  /** Whether a backup was made, whatever became of the rest. */
  backedUp: z.boolean(),
  steps: z.array(stepSchema),
  figures: figuresSchema.optional(),
  /** Why it was skipped, or what went wrong first. */
  message: z.string().optional(),
  log: z.string().optional(),
  /** Notices that could not be sent. */
  failedNotices: z.array(z.string()).optional(),
  /** Whether it sent the notice that nothing has succeeded for too long. */
  toldOverdue: z.literal(true).optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
