/** What a notice says: a title, a text, and values for templates. */
import type { Told } from '../run/run-means.js';

export interface NoticeText {
  readonly title: string;
  readonly text: string;
  /** By name, for templates: {profile}, {event}, {summary} and so on. */
  readonly values: Readonly<Record<string, string>>;
}

export function noticeText(told: Told, host: string): NoticeText {
  const { event, profile, summary, record } = told;
  const title = `duplifs ${profile} on ${host}: ${titles[event]}`;
  return {
    title,
    text: linesOf(told, host).join('\n'),
    values: {
      profile,
      host,
      event,
      title,
      summary,
      outcome: record?.outcome ?? '',
      'exit-code': record === undefined ? '' : String(record.exitCode),
      seconds: record === undefined ? '' : String(record.endedSeconds - record.startedSeconds),
      started: new Date(told.startedSeconds * 1000).toISOString(),
      log: record?.log ?? '',
    },
  };
}

const titles: Readonly<Record<Told['event'], string>> = {
  start: 'backup begins',
  success: 'backup succeeded',
  warning: 'backup with warnings',
  failure: 'BACKUP FAILED',
  overdue: 'NO BACKUP FOR TOO LONG',
};

function linesOf({ summary, record, lastBackupSeconds }: Told, host: string): string[] {
  const lines = [summary, '', `Host: ${host}`];
  for (const { step, exitCode, seconds, message } of record?.steps ?? []) {
    const state = exitCode === 0 ? 'ok' : `ended with ${exitCode}`;
    lines.push(`${step}: ${state}, ${seconds} s${message === undefined ? '' : `: ${message}`}`);
  }
  if (lastBackupSeconds !== undefined) {
    lines.push(`Last backup: ${new Date(lastBackupSeconds * 1000).toISOString()}`);
  }
  if (record?.log !== undefined) lines.push(`Log: ${record.log}`);
  return lines;
}

/** How a value is put into a template. */
export type Escape = (value: string) => string;

export const jsonEscape: Escape = (value) => JSON.stringify(value).slice(1, -1);
export const asIs: Escape = (value) => value;

/** Puts values where the template has {name}; what is no name of a value stays. */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, string>>,
  escape: Escape,
): string {
  return template.replace(/\{([a-z-]+)\}/g, (all, name: string) =>
    Object.hasOwn(values, name) ? escape(values[name] ?? '') : all,
  );
}
