import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { storageOptions, storageOptionsFrom } from '../../src/cli/storage-options.js';
import { openStorage } from '../../src/storage/index.js';
import type { StorageOptions } from '../../src/storage/index.js';

/** As a command does it. */
function options(...args: string[]): StorageOptions {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const { flags, description, parse } of storageOptions) {
    if (parse) command.option(flags, description, parse);
    else command.option(flags, description);
  }
  command.parse(args, { from: 'user' });
  return storageOptionsFrom(command.opts(), { X: 'y' });
}

describe('storage options', () => {
  it('are all absent when none is given, so that the defaults hold', () => {
    expect(options()).toEqual({
      env: { X: 'y' },
      s3: {},
      ssh: {},
      tls: {},
      rsync: {},
      webdav: {},
      par2: {},
    });
  });

  it('have duplicity’s names and reach the storages', () => {
    expect(
      options(
        ...['--num-retries', '3', '--backend-retry-delay=1.5', '--timeout', '60'],
        ...['--max-upload-rate', '500', '--max-download-rate', '2M', '--storage-concurrency=4'],
        ...['--s3-endpoint-url', 'https://x', '--s3-region-name', 'r', '--s3-use-glacier'],
        ...['--s3-use-server-side-kms-encryption', '--s3-kms-key-id', 'k'],
        ...['--s3-multipart-chunk-size', '20', '--s3-unencrypted-connection'],
        ...['--ssh-options=-oPort=1 -i x', '--ssh-options', '-p 2', '--ssh-askpass'],
        ...['--rsync-options=--a', '--ssl-cacert-file', 'f', '--ssl-no-check-certificate'],
        ...['--webdav-headers', 'A: b, c, X-Y: z'],
        ...['--par2-redundancy', '20', '--par2-volumes=2', '--par2-options=-b 50'],
      ),
    ).toEqual({
      env: { X: 'y' },
      numRetries: 3,
      retryDelaySeconds: 1.5,
      timeoutSeconds: 60,
      concurrency: 4,
      maxUploadRate: 512_000,
      maxDownloadRate: 2_097_152,
      s3: {
        endpointUrl: 'https://x',
        region: 'r',
        unencrypted: true,
        storageClass: 'GLACIER',
        encryption: 'aws:kms',
        kmsKeyId: 'k',
        partBytes: 20_971_520,
      },
      ssh: { options: ['-oPort=1 -i x', '-p 2'], askPass: true },
      tls: { caFile: 'f', insecure: true },
      rsync: { options: ['--a'] },
      par2: { redundancy: 20, volumes: 2, options: ['-b', '50'] },
      webdav: { headers: { A: 'b, c', 'X-Y': 'z' } },
    });
  });

  it.each([
    ['--num-retries', '0'],
    ['--timeout', '0'],
    ['--timeout', 'x'],
    ['--max-upload-rate', '0'],
    ['--max-upload-rate', 'fast'],
    ['--s3-multipart-chunk-size', '4'],
    ['--s3-addressing-style', 'other'],
    ['--webdav-headers', 'a-secret'],
  ])('refuse %s %s', (name, value) => {
    expect(() => options(name, value)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it('refuse two storage classes at once', () => {
    expect(() => options('--s3-use-ia', '--s3-use-glacier')).toThrow('More than one');
  });

  it('are explained where duplicity has a URL that is another one here', async () => {
    await expect(openStorage('gdrive://me@gmail.com/x', {})).rejects.toMatchObject({
      code: 'STORAGE_URL',
      hint: expect.stringContaining('type "drive"') as string,
    });
  });
});
