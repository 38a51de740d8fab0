/** What each storage does when its line or its disk fails: the parts of the table that the tests run. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openStorage } from '../../../src/storage/index.js';
import type { StorageOptions } from '../../../src/storage/index.js';
import type { Service, ServiceName } from '../../services/service.js';
import { compiledScript } from '../../support/compiled.js';
import type { FaultyLine, LineFault } from '../../support/faulty-line.js';
import { someBytes } from '../bytes.js';

export const calls = ['list', 'read', 'write', 'remove', 'abort', 'close'] as const;
export type Call = (typeof calls)[number];
export const lineFaults: readonly LineFault[] = ['vanish', 'freeze', 'drip'];

export interface Backend {
  readonly service: ServiceName;
  /** Started beside it, for the program that it installs. */
  readonly installs?: ServiceName;
  readonly isFtp?: boolean;
  /** Instead of one: for what takes longer to start. */
  readonly timeoutSeconds?: number;
  /** What a full disk is to it, where the server does not say that it is one. */
  readonly full?: string;
  readonly port: (service: Service) => number;
  /** The folder of that name, reached by that port. */
  readonly target: (
    service: Service,
    port: number,
    name: string,
  ) => { readonly url: string; readonly options: StorageOptions };
  /** Where the server keeps what lies at "", for those that keep it in files. */
  readonly root?: (service: Service) => string;
}

const portOf = (service: Service): number => Number(service.get('PORT'));
const rootOf = (service: Service): string => service.get('ROOT');
const sshOptions = (service: Service, port: number): StorageOptions => ({
  env: { HOME: service.folder },
  ssh: {
    options: [
      `-oUserKnownHostsFile='${service.get('KNOWN_HOSTS')}' -oIdentityFile='${service.get('KEY_FILE')}'`,
      `-oHostKeyAlias='[127.0.0.1]:${service.get('PORT')}' -oPort=${port} -oStrictHostKeyChecking=accept-new`,
    ],
  },
});

export const backends: Readonly<Record<string, Backend>> = {
  SFTP: {
    service: 'sftp',
    port: portOf,
    root: rootOf,
    target: (service, port, name) => ({
      url: `sftp://${service.get('USER')}@127.0.0.1:${port}/${name}`,
      options: sshOptions(service, port),
    }),
  },
  /** Of which the first part fails. */
  'A stripe': {
    service: 'sftp',
    port: portOf,
    root: rootOf,
    target: (service, port, name) => {
      const config = join(service.folder, `${name}.json`);
      const login = `${service.get('USER')}@127.0.0.1:${port}`;
      const stores = [`sftp://${login}/${name}`, `file://${service.folder}/part-${name}`];
      writeFileSync(config, JSON.stringify(stores.map((url) => ({ url }))));
      return {
        url: `multi://${config}?mode=stripe&onfail=abort`,
        options: sshOptions(service, port),
      };
    },
  },
  WebDAV: {
    service: 'webdav',
    full: 'STORAGE', // lighttpd answers 500 to whatever it cannot write
    port: (service) => Number(new URL(service.get('URL')).port),
    root: ({ folder }) => join(folder, 'data/dav'),
    target: (service, port, name) => ({
      url: `webdav://${service.get('USERNAME')}@127.0.0.1:${port}/dav/${name}`,
      options: { env: { FTP_PASSWORD: service.get('PASSWORD') } },
    }),
  },
  FTP: {
    service: 'ftp',
    full: 'STORAGE', // pyftpdlib resets the connection and does not answer
    isFtp: true,
    port: portOf,
    root: rootOf,
    target: (service, port, name) => ({
      url: `ftp://${service.get('USERNAME')}@127.0.0.1:${port}/${name}`,
      options: { env: { FTP_PASSWORD: service.get('PASSWORD') } },
    }),
  },
  rsync: {
    service: 'rsyncd',
    port: portOf,
    root: rootOf,
    target: (service, port, name) => ({
      url: `rsync://${service.get('USERNAME')}@127.0.0.1:${port}::${service.get('MODULE')}/${name}`,
      options: { env: { RSYNC_PASSWORD: service.get('PASSWORD') } },
    }),
  },
  rclone: {
    service: 'sftp',
    installs: 'rclone',
    timeoutSeconds: 5,
    full: 'STORAGE', // OpenSSH says "Failure" for all that it has no code for, and rclone hands that on
    port: portOf,
    root: rootOf,
    target: (service, port, name) => ({
      // the shell of the server would be tried out first, which takes seconds on a busy machine
      url: `rclone://:sftp,shell_type=none,host=127.0.0.1,port=${port},user=${service.get('USER')},key_file=${service.get('KEY_FILE')}:${name}`,
      options: {},
    }),
  },
  S3: {
    service: 's3-swift',
    port: (service) => Number(new URL(service.get('ENDPOINT')).port),
    target: (service, port, name) => ({
      url: `s3://${service.get('BUCKET')}/${name}`,
      options: {
        env: {
          AWS_ACCESS_KEY_ID: service.get('ACCESS_KEY'),
          AWS_SECRET_ACCESS_KEY: service.get('SECRET_KEY'),
        },
        s3: { endpointUrl: `http://127.0.0.1:${port}`, region: service.get('REGION') },
      },
    }),
  },
};

/** Short, so that ten of them are not long. */
const shortSeconds = 1;
/** What two tries of a call may take, each of which waits for ten time-outs, and what it takes to end. */
const mostSeconds = 120;
/** Within what the line breaks: of reads and writes in the middle. */
const midwayBytes = 500_000;

/** Makes one call, in the middle of which the line breaks, and looks at what is left when it is mended. */
export async function breakLine(
  backend: Backend,
  { service, line, port }: { service: Service; line: FaultyLine; port: number },
  { fault, call, name }: { fault: LineFault; call: Call; name: string },
): Promise<void> {
  const { url, options } = backend.target(service, port, name);
  await writeThere(url, options);
  const { timeoutSeconds = shortSeconds } = backend;
  const hasty = { ...options, timeoutSeconds };
  const result = await callInProcess(url, hasty, call, () => {
    line.breakDown(fault, call === 'read' || call === 'write' ? midwayBytes : 0);
  }).finally(() => line.mend());
  if (call === 'close') expect(result.code).toBe('none');
  else if (call === 'abort') expect(result.code, result.text).toMatch(/^(ABORTED|STORAGE)$/);
  else expect(result.code, result.text).toBe('STORAGE');
  expect(result.seconds).toBeLessThan(mostSeconds);
  await expectNothingLeft(backend, service, { url, options, name });
}

/** Makes a call on a disk of 2 MiB that is nearly full. */
export async function fillDisk(
  backend: Backend,
  { service, port }: { service: Service; port: number },
  name: string,
): Promise<void> {
  const folder = join(backend.root?.(service) ?? '', name);
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=777', 'duplifs-test', folder]);
  try {
    const { url, options } = backend.target(service, port, name);
    await writeThere(url, options, 100_000);
    const { timeoutSeconds = shortSeconds } = backend;
    const hasty = { ...options, timeoutSeconds };
    const result = await callInProcess(url, hasty, 'write', () => undefined);
    expect(result.code, result.text).toBe(backend.full ?? 'NO_SPACE');
    expect(readdirSync(folder)).toEqual(['there']);
  } finally {
    execFileSync('umount', [folder]);
  }
}

async function writeThere(url: string, options: StorageOptions, size = 4_000_000): Promise<void> {
  const storage = await openStorage(url, options);
  await storage.write('there', someBytes(size), {});
  await storage.close();
}

/** The next writer finds whole files only, and removes what could not be removed while the line was broken. */
async function expectNothingLeft(
  backend: Backend,
  service: Service,
  { url, options, name }: { url: string; options: StorageOptions; name: string },
): Promise<void> {
  const storage = await openStorage(url, options);
  await storage.write('next', Buffer.from('x'), {});
  const names = (await storage.list()).map((object) => object.name);
  await storage.close();
  expect(names).toContain('next');
  expect(names).not.toContain('new');
  if (backend.root === undefined) return;
  const left = readdirSync(join(backend.root(service), name));
  expect(left.filter((each) => each.startsWith('.duplifs-tmp'))).toEqual([]);
}

interface Outcome {
  readonly code: string;
  readonly text: string;
  readonly seconds: number;
}

/** What came of the call; the process ends by itself and has nothing to say on standard error. */
export async function callInProcess(
  url: string,
  options: StorageOptions,
  call: Call,
  onReady: () => void,
): Promise<Outcome> {
  const script = await compiledScript('test/storage/faults/one-call.ts');
  const hasty = { ...options, numRetries: 2, retryDelaySeconds: 0.1 };
  const child = spawn(process.execPath, [script, url, call], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, TEST_OPTIONS: JSON.stringify(hasty) },
  });
  let said = '';
  let complained = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (text !== 'ready\n') return;
    onReady();
    child.stdin.end('go\n');
  });
  child.stdin.on('error', () => undefined);
  const killer = setTimeout(() => child.kill('SIGKILL'), (mostSeconds + 20) * 1000);
  const [status] = (await once(child, 'close')) as [number | null];
  clearTimeout(killer);
  expect({ status, complained, said }).toMatchObject({ status: 0, complained: '' });
  return JSON.parse(said.split('\n')[1] ?? '') as Outcome;
}
