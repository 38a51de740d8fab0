import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { errorText } from '../base/index.js';
import { StorageError } from './errors.js';
import type { TlsOptions } from './options.js';

export interface TlsSettings {
  readonly ca?: string[] | undefined;
  readonly rejectUnauthorized: boolean;
}

/** What node:tls takes, from `--ssl-cacert-file`, `--ssl-cacert-path`, `--ssl-no-check-certificate`. */
export async function tlsSettings(options: TlsOptions = {}): Promise<TlsSettings> {
  const files = options.caFile === undefined ? [] : [options.caFile];
  try {
    if (options.caPath !== undefined) {
      const names = await readdir(options.caPath);
      for (const name of names) {
        if (/\.(?:crt|pem|cer)$/.test(name)) files.push(join(options.caPath, name));
      }
    }
    const own = await Promise.all(files.map((file) => readFile(file, 'utf8')));
    return {
      rejectUnauthorized: options.insecure !== true,
      ca: own.length === 0 ? undefined : [...rootCertificates, ...own],
    };
  } catch (error) {
    throw new StorageError('STORAGE_URL', `Cannot read the certificates: ${errorText(error)}`, {
      hint: 'Check --ssl-cacert-file and --ssl-cacert-path',
    });
  }
}
