/** What a run waits for, which logs are kept, and what a text without secrets looks like. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { logsToRemove } from '../../src/profiles/logs/keep-logs.js';
import { redactor } from '../../src/profiles/logs/redact.js';
import { isOnBattery, unmetCondition } from '../../src/profiles/run/conditions.js';
import { shareOf } from '../../src/profiles/run/run-steps.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const never = new AbortController().signal;

describe('power', () => {
  const supplies = (all: Record<string, Record<string, string>>): string => {
    const folder = newFolder();
    for (const [name, fields] of Object.entries(all)) {
      mkdirSync(join(folder, name));
      for (const [field, value] of Object.entries(fields)) {
        writeFileSync(join(folder, name, field), `${value}\n`);
      }
    }
    return folder;
  };

  it.each([
    ['nothing', {}, false],
    ['a plug that is in', { AC: { type: 'Mains', online: '1' }, BAT0: { type: 'Battery' } }, false],
    ['a plug that is out', { AC: { type: 'Mains', online: '0' }, BAT0: { type: 'Battery' } }, true],
    ['a battery alone', { BAT0: { type: 'Battery' } }, true],
    ['the battery of a mouse', { hid: { type: 'Battery', scope: 'Device' } }, false],
  ])('of %s', async (_, all, expected) => {
    expect(await isOnBattery(supplies(all))).toBe(expected);
  });
});

describe('a network', () => {
  it('is waited for as long as is said', async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await unmetCondition({ network: `127.0.0.1:${port}` }, never)).toBeUndefined();
    server.close();
    const begin = Date.now();
    expect(await unmetCondition({ network: `127.0.0.1:${port}`, wait: '2s' }, never)).toBe(
      `"127.0.0.1:${port}" cannot be reached`,
    );
    expect(Date.now() - begin).toBeGreaterThanOrEqual(2000);
  });

  it('is no longer waited for when the run is to end', async () => {
    const signal = AbortSignal.timeout(200);
    const waiting = unmetCondition({ idle: 0.000001, network: '127.0.0.1:1', wait: '1h' }, signal);
    await expect(waiting).rejects.toThrow();
  });
});

describe('logs', () => {
  const names = [1, 2, 3, 4].map((day) => `2026-01-0${day}T00-00-00Z.log`);
  const now = Date.UTC(2026, 0, 5) / 1000;

  it('are kept by age and number, the newest always, and nothing else is touched', () => {
    const all = ['history.jsonl', 'lockfile', ...names];
    expect(logsToRemove(all, { 'keep-count': 3 }, now)).toEqual(names.slice(0, 1));
    expect(logsToRemove(all, { 'keep-days': 3 }, now)).toEqual(names.slice(0, 1));
    expect(logsToRemove(all, { 'keep-days': 1, 'keep-count': 2 }, now + 86_400 * 9)).toEqual(
      names.slice(0, 3),
    );
    expect(logsToRemove(all, {}, now + 86_400 * 900)).toEqual([]);
  });
});

describe('a text', () => {
  it('loses each secret, the longest first, also where it is part of JSON or a URL', () => {
    const redact = redactor(['pass', 'passphrase', 'a"b/c d', 'ab']);
    expect(redact('my passphrase, pass, ab')).toBe('my ***, ***, ab');
    expect(redact(`${JSON.stringify('a"b/c d')} ftp://x:a%22b%2Fc%20d@h`)).toBe(
      '"***" ftp://x:***@h',
    );
  });
});

describe('a share of the data', () => {
  it('is another one at each run, and all of it after so many', () => {
    const shares = Array.from({ length: 4 }, (_, count) => shareOf('1/3', count));
    expect(shares).toEqual(['1/3', '2/3', '3/3', '1/3']);
  });
});
