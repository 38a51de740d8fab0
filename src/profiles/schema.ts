/**
 * What a profile may hold besides options of the command line. Times are intervals as duplicity has them ("3D", "1h30m"),
 * checked here, so that a wrong one is found by its line.
 */
import { z } from 'zod';
import { errorText } from '../base/index.js';
import { parseInterval } from '../time/index.js';
import { parseSchedule } from './schedule/parse-schedule.js';

/** A text, or where to get it from when it is needed. */
export const secretSchema = z.union([
  z.string(),
  z.strictObject({ file: z.string() }),
  z.strictObject({ command: z.union([z.string(), z.array(z.string()).min(1)]) }),
  z.strictObject({ environment: z.string() }),
  z.strictObject({ 'secret-service': z.record(z.string(), z.string()) }),
]);
export type SecretSource = z.infer<typeof secretSchema>;

/** A text that `parse` does not refuse. */
function textFor(parse: (text: string) => unknown): z.ZodType<string> {
  return z.string().superRefine((text, context) => {
    try {
      parse(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: errorText(error) });
    }
  });
}

const interval = textFor(parseInterval);

/** One command for a shell, or a program with its arguments; or several. */
const hook = z.union([z.string(), z.array(z.union([z.string(), z.array(z.string()).min(1)]))]);

export const runEvents = ['start', 'success', 'warning', 'failure', 'overdue'] as const;
export type RunEvent = (typeof runEvents)[number];

const onlyIf = z.strictObject({
  /** true: any network; "host:port": that this can be reached. */
  network: z.union([z.boolean(), z.string().regex(/^[^:\s]+:\d+$|^\[[^\]]+\]:\d+$/)]).optional(),
  /** Not on battery. */
  power: z.boolean().optional(),
  /** The load average of the last minute for each processor is below this. */
  idle: z.number().positive().optional(),
  /** How long to wait for it; then the run is skipped. */
  wait: interval.optional(),
});

export const runSchema = z.strictObject({
  'only-if': onlyIf.optional(),
  before: hook.optional(),
  after: hook.optional(),
  'hook-timeout': interval.optional(),
  'hook-environment': z.array(z.string()).optional(),
  /** How long to wait for another run of the profile. */
  wait: interval.optional(),
  cleanup: z.boolean().optional(),
  /** "1/12": at each run a twelfth of the data is checked, another one each time. */
  check: z
    .string()
    .regex(/^1\/[1-9]\d{0,3}$/, 'Give a share such as "1/12"')
    .optional(),
  'overdue-after': interval.optional(),
});
export type RunSettings = z.infer<typeof runSchema>;

const count = z.int().min(1);

/** What `run` keeps, in the words of `prune` and of duplicity. */
export const retentionSchema = z.strictObject({
  'keep-within': interval.optional(),
  'keep-last': count.optional(),
  'keep-hourly': count.optional(),
  'keep-daily': count.optional(),
  'keep-weekly': count.optional(),
  'keep-monthly': count.optional(),
  'keep-yearly': count.optional(),
  'remove-older-than': interval.optional(),
  'remove-all-but-n-full': count.optional(),
  'remove-all-inc-of-but-n-full': count.optional(),
});
export type Retention = z.infer<typeof retentionSchema>;

export const logSchema = z.strictObject({
  folder: z.string().optional(),
  format: z.enum(['text', 'json']).optional(),
  owner: z.union([z.string(), z.int().nonnegative()]).optional(),
  group: z.union([z.string(), z.int().nonnegative()]).optional(),
  mode: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'Give permission bits in octal, as "640"')
    .optional(),
  'keep-days': count.optional(),
  'keep-count': count.optional(),
});
export type LogSettings = z.infer<typeof logSchema>;

const on = z.array(z.enum(runEvents)).optional();
const timeout = interval.optional();

export const noticeSchemas = {
  mail: z.strictObject({
    kind: z.literal('mail'),
    on,
    to: z.union([z.string(), z.array(z.string()).min(1)]),
    from: z.string().optional(),
    subject: z.string().optional(),
    /** smtp://user@host:port or smtps://…; without it the sendmail program takes the mail. */
    smtp: secretSchema.optional(),
    password: secretSchema.optional(),
    sendmail: z.string().optional(),
    'attach-log': z.boolean().optional(),
    timeout,
  }),
  ntfy: z.strictObject({
    kind: z.literal('ntfy'),
    on,
    url: secretSchema,
    token: secretSchema.optional(),
    timeout,
  }),
  gotify: z.strictObject({
    kind: z.literal('gotify'),
    on,
    url: secretSchema,
    token: secretSchema,
    timeout,
  }),
  healthchecks: z.strictObject({
    kind: z.literal('healthchecks'),
    on,
    url: secretSchema,
    timeout,
  }),
  slack: z.strictObject({ kind: z.literal('slack'), on, url: secretSchema, timeout }),
  discord: z.strictObject({ kind: z.literal('discord'), on, url: secretSchema, timeout }),
  matrix: z.strictObject({
    kind: z.literal('matrix'),
    on,
    url: secretSchema,
    room: z.string(),
    token: secretSchema,
    timeout,
  }),
  webhook: z.strictObject({
    kind: z.literal('webhook'),
    on,
    url: secretSchema,
    method: z.enum(['GET', 'POST', 'PUT']).optional(),
    'content-type': z.string().optional(),
    headers: z.record(z.string(), secretSchema).optional(),
    body: z.string().optional(),
    timeout,
  }),
  desktop: z.strictObject({ kind: z.literal('desktop'), on }),
  prometheus: z.strictObject({ kind: z.literal('prometheus'), file: z.string() }),
} as const;

export type NoticeKind = keyof typeof noticeSchemas;

export const noticeSchema = z.discriminatedUnion('kind', [
  noticeSchemas.mail,
  noticeSchemas.ntfy,
  noticeSchemas.gotify,
  noticeSchemas.healthchecks,
  noticeSchemas.slack,
  noticeSchemas.discord,
  noticeSchemas.matrix,
  noticeSchemas.webhook,
  noticeSchemas.desktop,
  noticeSchemas.prometheus,
]);
export type Notice = z.infer<typeof noticeSchema>;

export const scheduleSchema = z.strictObject({
  every: textFor(parseSchedule).optional(),
  jitter: interval.optional(),
  nice: z.int().min(-20).max(19).optional(),
  'io-class': z.enum(['idle', 'best-effort', 'realtime']).optional(),
});
export type ScheduleSettings = z.infer<typeof scheduleSchema>;

/** The tables and keys of a file that are not options of the command line. */
export const ownSchemas = {
  description: z.string().optional(),
  extends: z.union([z.string(), z.array(z.string())]).optional(),
  source: z.string().min(1).optional(),
  url: secretSchema.optional(),
  mountpoint: z.string().optional(),
  secrets: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), secretSchema).optional(),
  environment: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string()).optional(),
  retention: retentionSchema.optional(),
  run: runSchema.optional(),
  log: logSchema.optional(),
  notify: z.array(noticeSchema).optional(),
  schedule: scheduleSchema.optional(),
} as const;

/** What a file says besides options, checked. */
export type OwnValues = {
  readonly [Key in keyof typeof ownSchemas]?: z.infer<(typeof ownSchemas)[Key]>;
};
