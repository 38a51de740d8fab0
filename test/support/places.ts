/** A place for a backup on each kind of storage, with the command line and environment that lead there. */
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service, ServiceName } from '../services/service.js';
import { runOk } from './run.js';

export interface Place {
  readonly url: string;
  /** Options for each command. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What no message may hold. */
  readonly secrets: readonly string[];
  /** How duplicity gets there, where it can. */
  readonly duplicity?: { readonly url: string; readonly args: readonly string[] };
  /** Between two backups: what goes wrong with a part of the storage. */
  readonly breakPart?: () => Promise<void>;
  /** Before the test ends: makes removable what `breakPart` has left. */
  readonly mend?: () => Promise<void>;
}

/** By name: the server that is needed, and the place on it. `folder` is new, and removed afterwards. */
export const places: Readonly<
  Record<
    string,
    {
      readonly service?: ServiceName;
      readonly place: (folder: string, service: Service) => Promise<Place>;
    }
  >
> = {
  'a local folder': { place: (folder) => Promise.resolve(plain(`file://${folder}/target`)) },
  'S3 (s3://)': { service: 's3-swift', place: (_, server) => Promise.resolve(s3(server)) },
  'SSH (sftp://)': { service: 'sftp', place: sftp },
  'SSH (scp://)': { service: 'sftp', place: scp },
  'WebDAV (webdav://)': {
    service: 'webdav',
    place: (_, server) => Promise.resolve(webdav(server)),
  },
  'FTP (ftp://)': { service: 'ftp', place: (_, server) => Promise.resolve(ftp(server, 'ftp')) },
  'FTP over TLS (ftps://)': {
    service: 'ftp',
    place: (_, server) => Promise.resolve(ftp(server, 'ftps')),
  },
  'rsync (rsync://)': { service: 'rsyncd', place: (_, server) => Promise.resolve(rsync(server)) },
  'rclone (rclone://)': {
    service: 'rclone',
    place: (_, server) => Promise.resolve(rclone(server)),
  },
  'a mirror of which a part fails (multi://)': { place: mirror },
  'a stripe (multi://)': { place: stripe },
};

function plain(url: string): Place {
  return { url, args: [], env: {}, secrets: [] };
}

export function s3(server: Service, endpoint: string = server.get('ENDPOINT')): Place {
  const args = ['--s3-endpoint-url', endpoint];
  const secret = server.get('SECRET_KEY');
  const path = `${server.get('BUCKET')}/round/trip`;
  return {
    url: `s3://${path}`,
    args,
    env: {
      AWS_ACCESS_KEY_ID: server.get('ACCESS_KEY'),
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_REGION: server.get('REGION'),
    },
    secrets: [secret],
    duplicity: { url: `boto3+s3://${path}`, args },
  };
}

/** By `~/.ssh/config`, as people have it. */
export async function sftp(folder: string, server: Service): Promise<Place> {
  const home = join(folder, 'home');
  const lines = [
    'Host *',
    `  Port ${server.get('PORT')}`,
    `  User ${server.get('USER')}`,
    `  IdentityFile ${server.get('KEY_FILE')}`,
  ];
  await mkdir(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  await writeFile(join(home, '.ssh/config'), `${lines.join('\n')}\n`);
  await cp(server.get('KNOWN_HOSTS'), join(home, '.ssh/known_hosts'));
  const url = `sftp://127.0.0.1/${server.get('ROOT')}/round trip`;
  return { url, args: [], env: { HOME: home }, secrets: [], duplicity: { url, args: [] } };
}

/** All on the command line. */
function scp(folder: string, server: Service): Promise<Place> {
  const login = `${server.get('USER')}@127.0.0.1:${server.get('PORT')}`;
  return Promise.resolve({
    url: `scp://${login}/${server.get('ROOT')}/by-scp`,
    args: [
      '--ssh-options',
      `-oIdentityFile='${server.get('KEY_FILE')}' -oUserKnownHostsFile='${server.get('KNOWN_HOSTS')}'`,
    ],
    env: { HOME: folder },
    secrets: [],
  });
}

function webdav(server: Service): Place {
  const { host, pathname } = new URL(server.get('URL'));
  const url = `webdav://${server.get('USERNAME')}@${host}${pathname}round/trip`;
  const password = server.get('PASSWORD');
  return {
    url,
    args: [],
    env: { FTP_PASSWORD: password },
    secrets: [password],
    duplicity: { url, args: [] },
  };
}

function ftp(server: Service, scheme: 'ftp' | 'ftps'): Place {
  const password = server.get('PASSWORD');
  return {
    url: `${scheme}://${server.get('USERNAME')}@127.0.0.1:${server.get('PORT')}/round-${scheme}`,
    args: ['--ssl-cacert-file', server.get('CA_FILE')],
    env: { FTP_PASSWORD: password },
    secrets: [password],
  };
}

function rsync(server: Service): Place {
  const password = server.get('PASSWORD');
  const login = `${server.get('USERNAME')}@127.0.0.1:${server.get('PORT')}`;
  return {
    url: `rsync://${login}::${server.get('MODULE')}/round/trip`,
    args: [],
    env: { RSYNC_PASSWORD: password },
    secrets: [password],
  };
}

function rclone(server: Service): Place {
  const url = `rclone://${server.get('REMOTE')}round/trip`;
  return { url, args: [], env: { RCLONE_CONFIG: server.get('CONFIG') }, secrets: [] };
}

async function multi(folder: string, mode: string): Promise<Place> {
  const config = join(folder, 'stores.json');
  const stores = ['one', 'two'].map((name) => ({ url: `file://${join(folder, name)}` }));
  await writeFile(config, JSON.stringify(stores));
  return plain(`multi://${config}?mode=${mode}&onfail=continue`);
}

/** The first half takes no more writes from the second backup on. */
async function mirror(folder: string): Promise<Place> {
  const place = await multi(folder, 'mirror');
  const one = join(folder, 'one');
  return {
    ...place,
    breakPart: async () => {
      await runOk('chattr', ['+i', one]);
    },
    mend: async () => {
      await runOk('chattr', ['-i', one]);
    },
  };
}

/** duplicity 0.8 reads its own stripes by the same configuration. */
async function stripe(folder: string): Promise<Place> {
  const place = await multi(folder, 'stripe');
  return { ...place, duplicity: { url: place.url, args: [] } };
}
