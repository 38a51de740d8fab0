/** What the storage wants to see before it lets anybody in: from the environment and files of this machine into a kit, and out of it. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { DuplifsError, diskErrorCode } from '../../base/index.js';
import { kitPartNames } from '../../kit/index.js';
import type { KitPart } from '../../kit/index.js';
import { publicUrl, sshKeyFiles } from '../../storage/index.js';
import type { StorageOptions } from '../../storage/index.js';
import { shellWord } from './kept-options.js';

const schema = z.object({
  /** With its password, if it has one. */
  url: z.string(),
  env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/i), z.string()),
  /** Parts of the kit whose paths go into variables. */
  files: z.array(z.object({ part: z.string(), variable: z.string() })),
  /** Parts of the kit that are keys for ssh. */
  sshKeys: z.array(z.string()),
  webdavHeaders: z.string().optional(),
});

export type Credentials = Readonly<z.infer<typeof schema>>;

/** The variables that storages read, by what their URLs begin with. */
const variables: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^(?:boto3\+)?s3/i,
    /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|REGION|DEFAULT_REGION|ENDPOINT_URL|ENDPOINT_URL_S3|PROFILE)$/,
  ],
  [/^(?:\w+\+)?(?:sftp|scp|ssh)|^webdav|^ftp/i, /^FTP_PASSWORD$/],
  [/^rsync/i, /^(?:RSYNC_PASSWORD|FTP_PASSWORD)$/],
  [/^rclone/i, /^RCLONE_/],
];

/** Files with credentials that libraries and programs look for, with the variable that says where. */
const files: readonly (readonly [url: RegExp, variable: string, usual: string])[] = [
  [/^(?:boto3\+)?s3/i, 'AWS_SHARED_CREDENTIALS_FILE', '.aws/credentials'],
  [/^(?:boto3\+)?s3/i, 'AWS_CONFIG_FILE', '.aws/config'],
  [/^rclone/i, 'RCLONE_CONFIG', '.config/rclone/rclone.conf'],
];

/** The parts with all that this machine has of credentials for a URL. */
export async function credentialParts(
  url: string,
  options: StorageOptions,
  webdavHeaders: Readonly<Record<string, string>> | undefined,
): Promise<KitPart[]> {
  const wanted = variables.filter(([scheme]) => scheme.test(url)).map(([, names]) => names);
  const env = Object.entries(process.env).filter(([name]) => wanted.some((one) => one.test(name)));
  const parts: KitPart[] = [];
  const found: Credentials = {
    url,
    env: Object.fromEntries(env.map(([name, value]) => [name, value ?? ''])),
    files: [],
    sshKeys: [],
    webdavHeaders: webdavHeaders && headersText(webdavHeaders),
  };
  for (const [scheme, variable, usual] of files) {
    if (!scheme.test(url)) continue;
    const bytes = await readIfThere(process.env[variable] ?? join(homedir(), usual));
    if (bytes === undefined) continue;
    const part = `credentials/${basename(usual)}`;
    parts.push({ name: part, bytes });
    found.files.push({ part, variable });
  }
  for (const path of await sshKeyFiles(url, options)) {
    const bytes = await readIfThere(path);
    if (bytes === undefined) continue;
    const part = `ssh/key-${found.sshKeys.length + 1}`;
    parts.push({ name: part, bytes });
    found.sshKeys.push(part);
  }
  return [
    {
      name: kitPartNames.credentials,
      bytes: Buffer.from(`${JSON.stringify(found, undefined, 2)}\n`),
    },
    { name: kitPartNames.credentialsShell, bytes: Buffer.from(shellText(found)) },
    ...parts,
  ];
}

/** Reads the part. A DuplifsError (DAMAGED) when it cannot be understood. */
export function readCredentials(bytes: Uint8Array): Credentials {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new DuplifsError('DAMAGED', 'The credentials in the kit cannot be understood', {
      cause: error,
    });
  }
}

/** To be read by a shell in the folder of the kit. */
function shellText({ env, files: named, url }: Credentials): string {
  const lines = [
    '# Read this in the folder of the kit:  . ./credentials.sh',
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`),
    ...named.map(({ part, variable }) => `export ${variable}="$PWD/${part}"`),
    ...(publicUrl(url) === url ? [] : [`URL=${quoted(url)}  # with its password`]),
  ];
  return `${lines.join('\n')}\n`;
}

function quoted(value: string): string {
  const word = shellWord(value);
  return word.startsWith("'") ? word : `'${word}'`;
}

function headersText(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(diskErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
