/** `par2+` URLs: recovery data beside each file, as duplicity makes and uses it. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { defined } from '../../src/base/index.js';
import { openStorage } from '../../src/storage/index.js';
import type { Storage, StorageEvent, StorageOptions } from '../../src/storage/index.js';
import { built, duplifs, run } from '../support/run.js';
import { temporaryFolders } from '../support/temporary.js';

const hasPar2 = spawnSync('par2', ['--version']).status === 0;
if (!hasPar2 && process.env['CI'] === 'true') throw new Error('par2 is not installed');

const newFolder = temporaryFolders();
const env = { PASSPHRASE: 'secret' };

/** Bytes that repeat nowhere, the same each time. */
function bytesOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0, state = 1; at < length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

async function read(storage: Storage, name: string, offset?: number, length?: number) {
  const range = offset === undefined ? undefined : { offset, ...defined({ length }) };
  const chunks: Uint8Array[] = [];
  for await (const chunk of storage.read(name, range)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

function damage(path: string, at: number, count = 5): void {
  const bytes = readFileSync(path);
  for (let i = at; i < at + count; i += 1) bytes[i] = (bytes[i] ?? 0) ^ 0xff;
  writeFileSync(path, bytes);
}

const md5 = (...parts: Buffer[]): Buffer => createHash('md5').update(Buffer.concat(parts)).digest();

/** Recovery data as if it were of a file of another name, with all its sums right. */
function renamed(bytes: Buffer, name: string): Buffer {
  const padded = Buffer.alloc(Math.ceil(name.length / 4) * 4);
  padded.write(name);
  let description = Buffer.alloc(0);
  const packets: { type: string; body: Buffer }[] = [];
  for (let at = 0; at < bytes.length; at += Number(bytes.readBigUInt64LE(at + 8))) {
    const packet = bytes.subarray(at, at + Number(bytes.readBigUInt64LE(at + 8)));
    const [type, body] = [packet.toString('latin1', 48, 64), Buffer.from(packet.subarray(64))];
    if (type.includes('FileDesc')) description = body;
    packets.push({ type, body });
  }
  const id = md5(description.subarray(32, 56), Buffer.from(name));
  for (const packet of packets) {
    if (packet.type.includes('FileDesc')) {
      packet.body = Buffer.concat([id, description.subarray(16, 56), padded]);
    } else if (packet.type.includes('IFSC')) id.copy(packet.body);
    else if (packet.type.includes('Main')) id.copy(packet.body, 12);
  }
  const main = packets.find(({ type }) => type.includes('Main'))?.body ?? Buffer.alloc(0);
  return Buffer.concat(
    packets.map(({ type, body }) => {
      const signed = Buffer.concat([md5(main), Buffer.from(type, 'latin1'), body]);
      const head = Buffer.alloc(16);
      head.write('PAR2\0PKT');
      head.writeBigUInt64LE(BigInt(64 + body.length), 8);
      return Buffer.concat([head, md5(signed), signed]);
    }),
  );
}

const volume = 'duplicity-full.20260101T000000Z.vol1.difftar.gpg';

describe.runIf(hasPar2)('a storage under par2+', () => {
  const open: Storage[] = [];
  afterEach(async () => {
    for (const storage of open.splice(0)) await storage.close();
  });
  const opened = async (options: StorageOptions = {}) => {
    const folder = newFolder();
    const events: StorageEvent[] = [];
    const report = (event: StorageEvent) => events.push(event);
    const storage = await openStorage(`par2+file://${folder}`, { ...options, report });
    open.push(storage);
    return { folder, events, storage };
  };
  const content = bytesOf(100_000);

  it('has recovery data beside a file, does not list it, and removes it along with the file', async () => {
    const { folder, storage } = await opened();
    await storage.write(volume, content, {});
    await storage.write('duplifs-lock.0123456789abcdef', Buffer.from('x'), {});
    const stored = readdirSync(folder).sort();
    expect(stored.filter((name) => name.endsWith('.par2'))).toEqual([
      `${volume}.par2`,
      expect.stringMatching(/\.gpg\.vol000\+\d+\.par2$/) as string,
    ]);
    const listed = (await storage.list()).map(({ name }) => name).sort();
    expect(listed).toEqual([volume, 'duplifs-lock.0123456789abcdef']);
    await storage.remove([volume]);
    expect(readdirSync(folder)).toEqual(['duplifs-lock.0123456789abcdef']);
  });

  it('gives the whole and parts of a damaged file as it was, says so once, and leaves what is stored', async () => {
    const { folder, events, storage } = await opened();
    await storage.write(volume, content, {});
    expect(await read(storage, volume, 12_345, 678)).toEqual(content.subarray(12_345, 13_023));
    expect(events).toEqual([]);
    damage(join(folder, volume), 50_000);
    const damaged = readFileSync(join(folder, volume));
    expect(await read(storage, volume, 10, 20)).toEqual(content.subarray(10, 30)); // no damage there
    expect(events).toEqual([]);
    expect(await read(storage, volume)).toEqual(content);
    expect(await read(storage, volume, 49_990, 40)).toEqual(content.subarray(49_990, 50_030));
    expect(events).toEqual([{ level: 'warning', code: 'file-repaired', name: volume }]);
    expect(readFileSync(join(folder, volume))).toEqual(damaged);
  });

  it('gives a file that was cut as it was, and an error where there is too much damage', async () => {
    const { folder, storage } = await opened();
    await storage.write(volume, content, {});
    writeFileSync(join(folder, volume), content.subarray(0, 99_000));
    expect(await read(storage, volume)).toEqual(content);
    const other = await openStorage(`par2+file://${folder}`);
    open.push(other);
    writeFileSync(join(folder, volume), bytesOf(100).subarray(3));
    await expect(read(other, volume)).rejects.toMatchObject({ code: 'DAMAGED' });
  });

  it('uses no recovery data that is of another name, and writes nothing there', async () => {
    const { folder, events, storage } = await opened();
    await storage.write(volume, content, {});
    const sums = join(folder, `${volume}.par2`);
    const whole = readFileSync(sums);
    const same = renamed(whole, volume);
    expect(same.equals(whole)).toBe(true); // what is crafted is what par2 would take
    damage(join(folder, volume), 50_000);
    for (const name of ['../../evil', '/tmp/evil', 'evil']) {
      for (const one of readdirSync(folder).filter((found) => found.endsWith('.par2'))) {
        const path = join(folder, one);
        writeFileSync(path, renamed(readFileSync(path), name));
      }
      const other = await openStorage(`par2+file://${folder}`);
      open.push(other);
      expect(await read(other, volume)).toEqual(readFileSync(join(folder, volume)));
    }
    expect(events).toEqual([]);
  });

  it('refuses to make a file of more than what is there of it', async () => {
    const { folder, storage } = await opened();
    await storage.write(volume, bytesOf(1_000_000), {});
    writeFileSync(join(folder, volume), content.subarray(0, 10));
    await expect(read(storage, volume)).rejects.toThrow('too little is left');
  });

  it('replaces a file together with its recovery data', async () => {
    const { events, storage } = await opened({ par2: { redundancy: 50, volumes: 3 } });
    await storage.write(volume, content, {});
    const next = content.subarray(500);
    await storage.write(volume, next, {});
    expect(await read(storage, volume)).toEqual(next);
    expect(events).toEqual([]);
  });

  it('stores without recovery data where par2 makes none, with a warning', async () => {
    const { folder, events, storage } = await opened({ par2: { options: ['-b50', '-l', '-u'] } });
    await storage.write(volume, content, {});
    expect(readdirSync(folder)).toEqual([volume]);
    expect(events).toEqual([{ level: 'warning', code: 'no-recovery-data', name: volume }]);
    expect(await read(storage, volume)).toEqual(content);
  });
});

describe.runIf(hasPar2)('duplicity and duplifs on one par2+ target', () => {
  beforeAll(built);

  const commands = {
    duplicity: (args: readonly string[]) => run('duplicity', args, { env }),
    duplifs: (args: readonly string[]) => duplifs(args, { env }),
  };
  const names = (target: string) =>
    readdirSync(target)
      .map((name) => name.replace(/\d{8}T\d{6}Z/g, 'TIME').replace(/vol\d+\+\d+/, 'volN+N'))
      .filter((name) => !name.startsWith('duplifs'))
      .sort();

  it.each([
    ['duplifs', 'duplicity'],
    ['duplicity', 'duplifs'],
  ] as const)('what %s writes %s restores, damaged or not', async (writer, reader) => {
    const folder = newFolder();
    const [source, target] = [join(folder, 'source'), join(folder, 'target')];
    mkdirSync(source);
    mkdirSync(target);
    writeFileSync(join(source, 'file'), bytesOf(200_000));
    const url = `par2+file://${target}`;
    const archive = (name: string) => ['--archive-dir', join(folder, name)];
    const first = await commands[writer](['full', ...archive('one'), source, url]);
    expect([first.status, first.stderr]).toEqual([0, first.stderr]);
    expect(names(target)).toEqual(
      [
        'duplicity-full-signatures.TIME.sigtar.gpg',
        'duplicity-full.TIME.manifest.gpg',
        'duplicity-full.TIME.vol1.difftar.gpg',
      ].flatMap((name) => [name, `${name}.par2`, `${name}.volN+N.par2`]),
    );
    const restored = async (place: string) => {
      const out = join(folder, place);
      const { status, stdout, stderr } = await commands[reader]([
        'restore',
        ...archive(place + 'a'),
        url,
        out,
      ]);
      expect([status, stdout + stderr]).toEqual([0, stdout + stderr]);
      expect(readFileSync(join(out, 'file')).equals(bytesOf(200_000))).toBe(true);
      return stdout + stderr;
    };
    expect(await restored('whole')).not.toContain('made whole');
    const stored = readdirSync(target).find((name) => name.endsWith('.difftar.gpg')) ?? '';
    damage(join(target, stored), 100_000);
    const told = await restored('damaged');
    if (reader === 'duplifs') expect(told).toContain(`"${stored}" is damaged where it is stored`);
    const before = readFileSync(join(target, stored));
    const place = [...archive('check'), url];
    expect((await commands.duplifs(['check', '--read-data', ...place])).status).toBe(21);
    const mended = await commands.duplifs(['repair', '--force', ...place]);
    expect([mended.status, mended.stderr]).toEqual([0, mended.stderr]);
    expect(readFileSync(join(target, stored)).equals(before)).toBe(false);
    expect(await restored('mended')).not.toContain('is damaged');
    expect((await commands[reader](['full', ...archive('one'), source, url])).status).toBe(0);
    const removal = ['remove-all-but-n-full', '1', '--force', ...archive('one'), url];
    expect((await commands[reader](removal)).status).toBe(0);
    // duplicity leaves our index
    const left = readdirSync(target).filter((name) => name.startsWith('duplicity'));
    expect(new Set(left.map((name) => /\d{8}T\d{6}Z/.exec(name)?.[0])).size).toBe(1);
  });
});
