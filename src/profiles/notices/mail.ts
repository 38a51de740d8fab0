/** Notices by mail: to an SMTP server, or through the machine's own sendmail. */
import type { Notice } from '../schema.js';
import type { NoticeText } from './notice-text.js';
import { asIs, fillTemplate } from './notice-text.js';
import type { NoticeSecrets } from './webhooks.js';

export interface MailJob {
  readonly notice: Extract<Notice, { kind: 'mail' }>;
  readonly text: NoticeText;
  readonly secrets: NoticeSecrets;
  readonly log: string | undefined;
  readonly timeoutSeconds: number;
}

const defaultSendmail = '/usr/sbin/sendmail';

export async function sendMail({
  notice,
  text,
  secrets,
  log,
  timeoutSeconds,
}: MailJob): Promise<void> {
  const { createTransport } = await import('nodemailer');
  const { smtp, password } = secrets;
  const common = { disableFileAccess: notice['attach-log'] !== true, disableUrlAccess: true };
  const transport =
    smtp === undefined
      ? createTransport({ ...common, sendmail: true, path: notice.sendmail ?? defaultSendmail })
      : createTransport({ ...common, ...smtpSettings(smtp, password, timeoutSeconds) });
  const attachments = log !== undefined && notice['attach-log'] === true ? [{ path: log }] : [];
  try {
    await transport.sendMail({
      from: notice.from ?? `duplifs@${text.values['host'] ?? 'localhost'}`,
      to: (typeof notice.to === 'string' ? [notice.to] : notice.to).map(addressOf),
      subject: fillTemplate(notice.subject ?? '{title}', text.values, asIs),
      text: text.text,
      attachments,
      // machines should not answer it
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  } finally {
    transport.close();
  }
}

/** A user of this machine, as "root", has an address without a host, which nodemailer passes over. */
function addressOf(to: string): string {
  return to.includes('@') ? to : `${to}@localhost`;
}

/** smtp: STARTTLS where the server has it, and always where a password goes over the line; smtps: TLS from the start. */
function smtpSettings(url: string, password: string | undefined, timeoutSeconds: number) {
  const parsed = new URL(url);
  const secure = parsed.protocol === 'smtps:';
  if (!secure && parsed.protocol !== 'smtp:') throw new Error('Give an URL smtp://… or smtps://…');
  const pass = password ?? decodeURIComponent(parsed.password);
  const user = decodeURIComponent(parsed.username);
  const milliseconds = timeoutSeconds * 1000;
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (secure ? 465 : 587) : Number(parsed.port),
    secure,
    requireTLS: !secure && user !== '' && !isLoopback(parsed.hostname),
    auth: user === '' ? undefined : { user, pass },
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '[::1]';
}
