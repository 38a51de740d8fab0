/** Notices, at real servers: an SMTP server, an HTTP server, a file for Prometheus, notify-send. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { hostname } from 'node:os';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendNotices } from '../../src/profiles/index.js';
import type { Profile, RunRecord, Told } from '../../src/profiles/index.js';
import { temporaryFolders } from '../support/temporary.js';

type Notice = Profile['notify'][number];

const newFolder = temporaryFolders();

const record: RunRecord = {
  version: 1,
  profile: 'laptop',
  startedSeconds: 1_800_000_000,
  endedSeconds: 1_800_000_060,
  outcome: 'failure',
  exitCode: 50,
  backedUp: false,
  steps: [{ step: 'backup', exitCode: 50, seconds: 59, message: 'the storage "is" gone' }],
  message: 'backup: the storage "is" gone',
  log: '/state/laptop.log',
};

const told: Told = {
  event: 'failure',
  profile: 'laptop',
  summary: 'The backup "laptop" FAILED after 60 s: backup: the storage "is" gone',
  startedSeconds: record.startedSeconds,
  record,
  lastBackupSeconds: 1_799_900_000,
};

async function send(notices: readonly Notice[], more: Partial<Told> = {}): Promise<string[]> {
  return await sendNotices({ notices, told: { ...told, ...more }, onSecret: () => undefined });
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('webhooks', () => {
  const requests: Request[] = [];
  let server: Server;
  let url = '';

  beforeAll(async () => {
    server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        requests.push({ method, path, headers, body: Buffer.concat(pieces).toString() });
        response.statusCode = path.startsWith('/broken') ? 503 : 200;
        response.end('ok');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  async function sent(notice: Notice, more: Partial<Told> = {}): Promise<Request | undefined> {
    requests.length = 0;
    expect(await send([notice], more)).toEqual([]);
    return requests[0];
  }

  const title = `duplifs laptop on ${hostname()}: BACKUP FAILED`;

  it('of ntfy are texts with headers', async () => {
    const request = await sent({ kind: 'ntfy', url: `${url}/topic`, token: 'tk_1' });
    expect([request?.method, request?.path]).toEqual(['POST', '/topic']);
    expect(request?.headers).toMatchObject({ title, priority: '4', authorization: 'Bearer tk_1' });
    expect(request?.body).toContain('FAILED after 60 s');
    expect(request?.body).toContain('backup: ended with 50, 59 s');
  });

  it('of Gotify are JSON with a key', async () => {
    const request = await sent({ kind: 'gotify', url: `${url}/g/`, token: 'key' });
    expect([request?.path, request?.headers['x-gotify-key']]).toEqual(['/g/message', 'key']);
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ title, priority: 8 });
  });

  it('of Healthchecks are pings: start, success, fail', async () => {
    const notice: Notice = { kind: 'healthchecks', url: `${url}/ping/uuid` };
    expect((await sent(notice, { event: 'start', record: undefined }))?.path).toBe(
      '/ping/uuid/start',
    );
    expect((await sent(notice, { event: 'success' }))?.path).toBe('/ping/uuid');
    expect((await sent(notice))?.path).toBe('/ping/uuid/fail');
  });

  it('of Slack, Discord and Matrix are their JSON', async () => {
    const slack = await sent({ kind: 'slack', url: `${url}/services/x` });
    expect(JSON.parse(slack?.body ?? '')).toEqual({
      text: expect.stringContaining(`*${title}*`) as string,
    });
    const discord = await sent({ kind: 'discord', url: `${url}/api/webhooks/x` });
    expect(JSON.parse(discord?.body ?? '')).toEqual({
      content: expect.stringContaining(`**${title}**`) as string,
    });
    const matrix = await sent({ kind: 'matrix', url, room: '!a:b.org', token: 't' });
    expect(matrix?.method).toBe('PUT');
    expect(matrix?.path).toMatch(
      /^\/_matrix\/client\/v3\/rooms\/!a%3Ab\.org\/send\/m\.room\.message\/[0-9a-f]{32}$/,
    );
    expect(JSON.parse(matrix?.body ?? '')).toMatchObject({ msgtype: 'm.text' });
  });

  it('of any other kind are filled in by a template, which stays JSON whatever the values are', async () => {
    const request = await sent({
      kind: 'webhook',
      url: `${url}/hook?p={profile}&s={summary}`,
      headers: { 'X-Token': { command: 'printf secret' } },
      body: '{"text": "{summary}", "code": {exit-code}, "other": "{nothing}"}',
    });
    expect(new URL(request?.path ?? '', url).searchParams.get('s')).toBe(told.summary);
    expect(request?.headers['x-token']).toBe('secret');
    expect(JSON.parse(request?.body ?? '')).toEqual({
      text: told.summary,
      code: 50,
      other: '{nothing}',
    });
  });

  it('are sent for the events that they are for', async () => {
    requests.length = 0;
    const usual: Notice = { kind: 'ntfy', url: `${url}/t` };
    for (const event of ['start', 'success', 'warning', 'failure', 'overdue'] as const) {
      await send([usual, { kind: 'slack', url: `${url}/all`, on: ['success'] }], { event });
    }
    expect(requests.map(({ path }) => path)).toEqual(['/all', '/t', '/t', '/t']);
  });

  it('that fail say so, and stand in the way of no other', async () => {
    requests.length = 0;
    const failures = await send([
      { kind: 'ntfy', url: `${url}/broken` },
      { kind: 'ntfy', url: 'http://127.0.0.1:19999/gone' },
      { kind: 'ntfy', url: { file: '/nowhere' } },
      { kind: 'ntfy', url: `${url}/fine` },
    ]);
    expect(failures).toEqual([
      'Notice 1 (ntfy) of "failure" could not be sent: the server answered 503',
      expect.stringMatching(
        /^Notice 2 \(ntfy\) of "failure" could not be sent: .*ECONNREFUSED/,
      ) as string,
      expect.stringContaining('Cannot read the url of a notice') as string,
    ]);
    expect(requests.map(({ path }) => path).sort()).toEqual(['/broken', '/fine']);
  });
});

describe('mail', () => {
  let server: ChildProcess | undefined;
  let folder = '';
  let port = 0;

  beforeAll(async () => {
    folder = newFolder();
    port = 20_000 + (process.pid % 10_000);
    // Debian's python3-aiosmtpd: what arrives lies in a maildir
    const args = ['-m', 'aiosmtpd', '-n', '-l', `127.0.0.1:${port}`];
    server = spawn('/usr/bin/python3', [
      ...args,
      '-c',
      'aiosmtpd.handlers.Mailbox',
      join(folder, 'mail'),
    ]);
    for (let count = 0; count < 200 && !(await answers(port)); count += 1) await setTimeout(100);
  });
  afterAll(() => {
    server?.kill();
  });

  function mails(): string[] {
    const place = join(folder, 'mail', 'new');
    return readdirSync(place).map((name) => readFileSync(join(place, name), 'utf8'));
  }

  it('arrives at an SMTP server, with the log', async () => {
    const log = join(folder, 'run.log');
    writeFileSync(log, 'a line of the log\n');
    const failures = await send(
      [
        {
          kind: 'mail',
          to: ['me@example.org', 'you@example.org'],
          from: 'backup@example.org',
          smtp: `smtp://127.0.0.1:${port}`,
          'attach-log': true,
        },
      ],
      { record: { ...record, log } },
    );
    expect(failures).toEqual([]);
    const [mail = ''] = mails();
    expect(mail).toMatch(/^From: backup@example\.org$/m);
    expect(mail).toMatch(/^To: me@example\.org, you@example\.org$/m);
    expect(mail.replace(/\n /g, ' ')).toContain(
      `Subject: duplifs laptop on ${hostname()}: BACKUP FAILED`,
    );
    expect(mail).toContain('The backup "laptop" FAILED after 60 s');
    expect(mail).toContain('filename=run.log');
  });

  it('sends no password in the clear over a network', async () => {
    const failures = await send([
      {
        kind: 'mail',
        to: 'me@example.org',
        smtp: `smtp://me@localhost.localdomain:${port}`,
        password: 'secret',
        timeout: '5s',
      },
    ]);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toMatch(/^Notice 1 \(mail\) of "failure" could not be sent: /);
    expect(failures[0]).not.toContain('secret');
  });

  it('goes through sendmail without a server', async () => {
    const place = newFolder();
    const program = join(place, 'sendmail');
    writeFileSync(program, `#!/bin/sh\necho "$@" >${place}/args\ncat >${place}/mail\n`);
    chmodSync(program, 0o755);
    expect(await send([{ kind: 'mail', to: 'root', sendmail: program }])).toEqual([]);
    expect(readFileSync(join(place, 'args'), 'utf8')).toContain('root');
    expect(readFileSync(join(place, 'mail'), 'utf8')).toContain('BACKUP FAILED');
  });
});

async function answers(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => {
      resolve(false);
    });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

describe('a file for Prometheus', () => {
  it('has the last success also when the run failed, can be read by others, and is whole at any time', async () => {
    const folder = newFolder();
    const file = join(folder, 'duplifs.prom');
    expect(await send([{ kind: 'prometheus', file }])).toEqual([]);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('duplifs_last_success_seconds{profile="laptop"} 1799900000\n');
    expect(text).toContain('duplifs_last_run_success{profile="laptop"} 0\n');
    expect(text).toContain('duplifs_last_run_exit_code{profile="laptop"} 50\n');
    expect(text).not.toContain('stored_bytes');
    // each metric has its type, once, in front of it
    const names = [...text.matchAll(/^# TYPE (\S+) gauge\n\1\{/gm)].map(([, name]) => name);
    expect(names.length).toBe(
      text.split('\n').filter((line) => line.startsWith('duplifs_')).length,
    );
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(['duplifs.prom']);
  });

  it('that cannot be written is told', async () => {
    expect(await send([{ kind: 'prometheus', file: '/nowhere/x.prom' }])).toEqual([
      expect.stringContaining(
        'Notice 1 (prometheus) of "failure" could not be sent: ENOENT',
      ) as string,
    ]);
  });
});

describe('the desktop', () => {
  it('is told by notify-send', async () => {
    const folder = newFolder();
    const program = join(folder, 'notify-send');
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$@" >${folder}/args\n`);
    chmodSync(program, 0o755);
    const path = process.env['PATH'];
    process.env['PATH'] = `${folder}:${path ?? ''}`;
    try {
      expect(await send([{ kind: 'desktop' }])).toEqual([]);
    } finally {
      process.env['PATH'] = path;
    }
    expect(readFileSync(join(folder, 'args'), 'utf8')).toMatch(/^--urgency=critical\n/);
  });
});
