/** Sends what a profile wants to have told. No notice that fails does more than to say so. */
import { hostname } from 'node:os';
import { errorText, runProgram } from '../../base/index.js';
import { publicUrl } from '../../storage/index.js';
import { parseInterval } from '../../time/index.js';
import { expandHome } from '../file/profile-places.js';
import type { Profile } from '../file/profile.js';
import type { Told } from '../run/run-means.js';
import type { Notice, RunEvent, SecretSource } from '../schema.js';
import { resolveSecret } from '../secrets/resolve-secret.js';
import { sendMail } from './mail.js';
import { noticeText } from './notice-text.js';
import type { NoticeText } from './notice-text.js';
import { metricsText, writeMetrics } from './prometheus.js';
import { sendRequest } from './send-request.js';
import { isWebNotice, webRequest } from './webhooks.js';
import type { NoticeSecrets } from './webhooks.js';

const defaultTimeoutSeconds = 30;
const defaultEvents: readonly RunEvent[] = ['warning', 'failure', 'overdue'];
const pingEvents: readonly RunEvent[] = ['start', 'success', 'warning', 'failure'];

export interface Sending {
  readonly notices: Profile['notify'];
  readonly told: Told;
  /** Is told each secret, to keep it out of logs. */
  readonly onSecret: (secret: string) => void;
}

/** Sends the notices of an event, all at once; a sentence for each that failed. */
export async function sendNotices({ notices, told, onSecret }: Sending): Promise<string[]> {
  const text = noticeText(told, hostname());
  const failures = await Promise.all(
    notices.map(async (notice, index) => {
      if (!isWanted(notice, told)) return [];
      try {
        await send(notice, { told, text, onSecret });
        return [];
      } catch (error) {
        const name = `Notice ${index + 1} (${notice.kind})`;
        return [`${name} of "${told.event}" could not be sent: ${errorText(error)}`];
      }
    }),
  );
  return failures.flat();
}

function isWanted(notice: Notice, { event, record }: Told): boolean {
  if (notice.kind === 'prometheus') return record !== undefined;
  const usual = notice.kind === 'healthchecks' ? pingEvents : defaultEvents;
  return (notice.on ?? usual).includes(event);
}

interface Content {
  readonly told: Told;
  readonly text: NoticeText;
  readonly onSecret: Sending['onSecret'];
}

async function send(notice: Notice, { told, text, onSecret }: Content): Promise<void> {
  if (notice.kind === 'desktop') {
    await showOnDesktop(text, told);
    return;
  }
  if (notice.kind === 'prometheus') {
    const { record, profile, lastBackupSeconds } = told;
    if (record === undefined) return;
    const metrics = metricsText({ profile, record, lastBackupSeconds });
    await writeMetrics(expandHome(notice.file), metrics);
    return;
  }
  const secrets = await secretsOf(notice, onSecret);
  const timeoutSeconds =
    notice.timeout === undefined ? defaultTimeoutSeconds : parseInterval(notice.timeout);
  if (isWebNotice(notice)) {
    await sendRequest(webRequest(notice, { told, text, secrets }), timeoutSeconds);
    return;
  }
  await sendMail({ notice, text, secrets, log: told.record?.log, timeoutSeconds });
}

/** All of a notice's keys that may be secrets. */
async function secretsOf(
  notice: Notice,
  onSecret: (secret: string) => void,
): Promise<NoticeSecrets> {
  const sources: Record<string, SecretSource> = {};
  for (const key of ['url', 'token', 'smtp', 'password'] as const) {
    const source = (notice as Readonly<Record<string, unknown>>)[key];
    if (source !== undefined) sources[key] = source as SecretSource;
  }
  if (notice.kind === 'webhook') {
    for (const [name, source] of Object.entries(notice.headers ?? {})) {
      sources[`headers.${name}`] = source;
    }
  }
  const secrets: Record<string, string> = {};
  for (const [key, source] of Object.entries(sources)) {
    const bytes = await resolveSecret(source, `${key} of a notice`);
    secrets[key] = bytes.toString('utf8');
    // the URL of a server is no secret, and is told in errors; what stands in it may be
    const isShown = typeof source === 'string' && publicUrl(source) === source;
    if (key === 'token' || key === 'password' || !isShown) onSecret(secrets[key]);
  }
  return secrets;
}

async function showOnDesktop({ title, text }: NoticeText, { event }: Told): Promise<void> {
  const urgency = event === 'failure' || event === 'overdue' ? 'critical' : 'normal';
  const args = [`--urgency=${urgency}`, '--app-name=duplifs', '--', title, text];
  const { exitCode, stderr } = await runProgram('notify-send', args, {
    startError: { code: 'TARGET', hint: 'Install libnotify-bin' },
    timeoutSeconds: defaultTimeoutSeconds,
  });
  if (exitCode !== 0) throw new Error(`notify-send: ${stderr.trim()}`);
}
