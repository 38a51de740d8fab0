/** Notices by HTTP: each kind of service as one request. Pure: send-request.ts sends it. */
import { createHash } from 'node:crypto';
import type { Notice, NoticeKind } from '../schema.js';
import type { Told } from '../run/run-means.js';
import { asIs, fillTemplate, jsonEscape } from './notice-text.js';
import type { NoticeText } from './notice-text.js';

export interface WebRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** A notice's secrets once they are there, by the names of its keys. */
export type NoticeSecrets = Readonly<Record<string, string>>;

export type WebNotice = Extract<
  Notice,
  { kind: 'ntfy' | 'gotify' | 'healthchecks' | 'slack' | 'discord' | 'matrix' | 'webhook' }
>;

const json = { 'content-type': 'application/json' };
const priorities: Readonly<Record<Told['event'], number>> = {
  start: 1,
  success: 2,
  warning: 3,
  failure: 4,
  overdue: 5,
};

/** The request of a notice. */
export function webRequest(
  notice: WebNotice,
  { told, text, secrets }: { told: Told; text: NoticeText; secrets: NoticeSecrets },
): WebRequest {
  const url = secrets['url'] ?? '';
  const token = secrets['token'];
  switch (notice.kind) {
    case 'ntfy':
      return ntfy(url, token, { told, text });
    case 'gotify': {
      const priority = priorities[told.event] * 2;
      const body = { title: text.title, message: text.text, priority };
      return post(`${withoutSlash(url)}/message`, body, { 'x-gotify-key': token ?? '' });
    }
    case 'healthchecks':
      return healthchecks(url, { told, text });
    case 'slack':
      return post(url, { text: `*${text.title}*\n${text.text}` });
    case 'discord':
      return post(url, { content: cut(`**${text.title}**\n${text.text}`, 2000) });
    case 'matrix':
      return matrix(url, notice.room, { told, text, token });
    case 'webhook':
      return webhook(notice, { url, text, secrets });
  }
}

interface Content {
  readonly told: Told;
  readonly text: NoticeText;
}

/** By headers, as `curl -d` to a topic; headers hold no line feeds and ASCII only. */
function ntfy(url: string, token: string | undefined, { told, text }: Content): WebRequest {
  const headers = {
    title: text.title.replace(/[^\x20-\x7e]/g, '?'),
    priority: String(priorities[told.event]),
    tags: told.event === 'success' || told.event === 'start' ? 'floppy_disk' : 'warning',
  };
  const auth = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return { url, method: 'POST', headers: { ...headers, ...auth }, body: text.text };
}

/** The URL itself for success, `/start`, and `/fail`; `/log` for what is neither. */
function healthchecks(url: string, { told, text }: Content): WebRequest {
  const ending = { start: '/start', success: '', warning: '', failure: '/fail', overdue: '/fail' };
  return {
    url: `${withoutSlash(url)}${ending[told.event]}`,
    method: 'POST',
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: text.text,
  };
}

/** A message of the client API; the same transaction is delivered once. */
function matrix(
  url: string,
  room: string,
  { told, text, token }: Content & { readonly token: string | undefined },
): WebRequest {
  const about = `${told.profile} ${told.event} ${told.startedSeconds} ${text.values['host'] ?? ''}`;
  const transaction = createHash('sha256').update(about).digest('hex').slice(0, 32);
  const path = `_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message`;
  return {
    url: `${withoutSlash(url)}/${path}/${transaction}`,
    method: 'PUT',
    headers: { ...json, authorization: `Bearer ${token ?? ''}` },
    body: JSON.stringify({ msgtype: 'm.text', body: `${text.title}\n${text.text}` }),
  };
}

function webhook(
  notice: Extract<WebNotice, { kind: 'webhook' }>,
  { url, text, secrets }: { url: string; text: NoticeText; secrets: NoticeSecrets },
): WebRequest {
  const type = notice['content-type'] ?? 'application/json';
  const method = notice.method ?? 'POST';
  const headers: Record<string, string> = method === 'GET' ? {} : { 'content-type': type };
  for (const name of Object.keys(notice.headers ?? {})) {
    headers[name.toLowerCase()] = secrets[`headers.${name}`] ?? '';
  }
  const values = { ...text.values, text: text.text };
  const escape = /json/i.test(type) ? jsonEscape : asIs;
  const body =
    notice.body === undefined ? JSON.stringify(values) : fillTemplate(notice.body, values, escape);
  return {
    url: fillTemplate(url, text.values, encodeURIComponent),
    method,
    headers,
    body: method === 'GET' ? undefined : body,
  };
}

function post(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): WebRequest {
  return { url, method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

export function isWebNotice(notice: Notice): notice is WebNotice {
  const kinds: readonly NoticeKind[] = [
    ...(['ntfy', 'gotify', 'healthchecks', 'slack', 'discord', 'matrix', 'webhook'] as const),
  ];
  return kinds.includes(notice.kind);
}
