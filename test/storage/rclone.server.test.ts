import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorageOptions } from '../../src/storage/index.js';
import { openStorage } from '../../src/storage/index.js';
import { Service, servicesHere } from '../services/service.js';
import { collect, someBytes } from './bytes.js';
import { conformance } from './conformance/index.js';

describe.runIf(servicesHere)('rclone', () => {
  let rclone: Service;
  beforeAll(async () => {
    rclone = await Service.start('rclone');
    mkdirSync(join(rclone.get('ROOT'), 'empty'));
  });
  afterAll(async () => {
    await rclone.remove();
  });
  const options = (): StorageOptions => ({ env: { RCLONE_CONFIG: rclone.get('CONFIG') } });
  const url = (name: string): string => `rclone://${rclone.get('REMOTE')}tests/${name}`;

  conformance('rclone', [], () => ({
    target: (name) => ({ url: url(name), options: options() }),
  }));

  /** The ids of this test's rclone children, and their command lines. */
  const children = (): Map<number, string> => {
    const found = new Map<number, string>();
    for (const entry of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
      try {
        const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
        const env = readFileSync(`/proc/${entry}/environ`, 'utf8');
        if (line.startsWith('rclone\0rcd') && env.includes(rclone.get('CONFIG'))) {
          found.set(Number(entry), line);
        }
      } catch {
        continue; // it has just ended
      }
    }
    return found;
  };

  it('is started again when its process was killed, and ends with the storage', async () => {
    const before = new Set(children().keys());
    const storage = await openStorage(url('killed-child'), {
      ...options(),
      retryDelaySeconds: 0.1,
    });
    const bytes = someBytes(100_000);
    await storage.write('file', bytes, {});
    const [child] = [...children().keys()].filter((pid) => !before.has(pid));
    if (child === undefined) throw new Error('There is no child');
    process.kill(child, 'SIGKILL');
    expect((await collect(storage.read('file', undefined))).equals(bytes)).toBe(true);
    await storage.close();
    expect([...children().keys()].filter((pid) => !before.has(pid))).toEqual([]);
  });

  it('lets nobody else in, and shows its password in no process list', async () => {
    const before = new Set(children().keys());
    const storage = await openStorage(url('private'), options());
    await storage.write('file', Buffer.from('x'), {});
    const [[pid, line] = [0, '']] = [...children()].filter(([each]) => !before.has(each));
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const password =
      environment.find((each) => each.startsWith('RCLONE_RC_PASS='))?.slice(15) ?? '';
    expect(password.length).toBeGreaterThan(20);
    expect(line).not.toContain(password);
    const ports = execFileSync('ss', ['-Hltnp']).toString().split('\n');
    const port = ports.find((each) => each.includes(`pid=${pid},`))?.match(/127\.0\.0\.1:(\d+)/);
    const answer = await fetch(`http://127.0.0.1:${port?.[1] ?? ''}/`);
    expect(answer.status).toBe(401);
    await storage.close();
  });

  it('names a remote that is not configured', async () => {
    const storage = await openStorage('rclone://nowhere:x', { ...options(), numRetries: 1 });
    await expect(storage.list()).rejects.toMatchObject({
      code: 'STORAGE_NOT_FOUND',
      hint: expect.stringContaining('rclone config') as string,
    });
    await storage.close();
  });

  it('is asked for in a sentence where it is not installed', async () => {
    const env = { ...options().env, PATH: '/nonexistent' };
    const storage = await openStorage(url('x'), { env, numRetries: 1 });
    await expect(storage.list()).rejects.toThrow('"rclone" is not installed');
    await storage.close();
    expect(existsSync('/usr/bin/rclone')).toBe(true);
  });
});
