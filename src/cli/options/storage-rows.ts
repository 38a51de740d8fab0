/** The options of storages: those with names of duplicity's have its meanings (docs/format/2-behaviour.md 6.2). */
import { DuplifsError } from '../../base/index.js';
import { inBoth, inNone, none, onlyIn0, onlyIn3, other, same } from './option-row.js';
import type { DuplicityVersion, OptionRow } from './option-row.js';
import { oneOf } from './values.js';

const foreign = 'of a storage that duplifs does not have: its URLs are refused';

export const storageRows: readonly OptionRow[] = [
  row('--num-retries <n>', 'tries of each storage call (5)', { parse: count }),
  row('--backend-retry-delay <seconds>', 'longest pause between two tries (30)', {
    effect: other('the pauses grow from a second up to this, where duplicity always waits so long'),
    parse: seconds,
  }),
  row('--timeout <seconds>', 'how long nothing may move on a connection (30)', {
    parse: positiveSeconds,
  }),
  own('--storage-concurrency <n>', 'storage calls at the same time (16)', count),
  own('--max-upload-rate <rate>', 'KiB a second, or with K, M or G at its end', rate),
  own('--max-download-rate <rate>', 'KiB a second, or with K, M or G at its end', rate),
  row('--s3-endpoint-url <url>', "another S3 server than Amazon's"),
  row('--s3-region-name <name>', 'the region of the bucket'),
  own(
    '--s3-addressing-style <style>',
    'how the bucket is put into requests',
    oneOf('--s3-addressing-style', 'path', 'virtual'),
  ),
  row('--s3-unencrypted-connection', 'plain HTTP to S3'),
  row('--s3-use-ia', 'store in S3 Standard - Infrequent Access'),
  row('--s3-use-onezone-ia', 'store in S3 One Zone - Infrequent Access'),
  row('--s3-use-rrs', 'store in S3 Reduced Redundancy'),
  row('--s3-use-glacier-ir', 'volumes in S3 Glacier Instant Retrieval'),
  row('--s3-use-glacier', 'volumes in S3 Glacier, to be restored before use'),
  row('--s3-use-deep-archive', 'volumes in S3 Glacier Deep Archive, to be restored before use'),
  row('--s3-use-server-side-encryption', 'encryption at rest by S3 (AES256)'),
  row('--s3-use-server-side-kms-encryption', 'encryption at rest by S3 with a key in KMS'),
  row('--s3-kms-key-id <id>', 'that key'),
  row('--s3-kms-grant <grant>', 'who gets full control of the objects'),
  row('--s3-multipart-chunk-size <MB>', 'size of the parts of an upload (8)', { parse: partSize }),
  row(
    '--ssh-options <options>',
    'as on ssh\'s command line: "-oIdentityFile=…"; may be given again',
    {
      parse: collect,
    },
  ),
  row('--ssh-askpass', 'ask for the password of the SSH login or key'),
  row('--rsync-options <options>', 'passed to the rsync program; may be given again', {
    parse: collect,
  }),
  row('--par2-redundancy <percent>', 'recovery data of par2+ URLs, of each file (10)', {
    parse: count,
  }),
  row('--par2-volumes <n>', 'how many files that is in (1)', { parse: count }),
  row('--par2-options <options>', 'passed to the par2 program; may be given again', {
    parse: collect,
  }),
  row('--ssl-cacert-file <file>', 'certificates to trust besides the usual', { isPath: true }),
  row('--ssl-cacert-path <dir>', 'a folder of such files', { isPath: true }),
  row('--ssl-no-check-certificate', 'take any certificate'),
  row('--webdav-headers <headers>', '"Name: value, Name: value", sent with each WebDAV request', {
    versions: onlyIn3,
    parse: headers,
  }),
  unused('--s3-use-new-style', 'the address is chosen by --s3-addressing-style', onlyIn0),
  unused('--s3-european-buckets', 'buckets are never created', onlyIn0),
  unused('--s3-use-multiprocessing', 'parts of an upload always go side by side', onlyIn0),
  unused('--s3-multipart-max-procs <n>', 'see --storage-concurrency'),
  unused('--s3-multipart-max-timeout <seconds>', 'see --timeout', onlyIn0),
  unused('--scp-command <command>', 'SSH is spoken by duplifs itself'),
  unused('--sftp-command <command>', 'SSH is spoken by duplifs itself'),
  unused('--use-scp', 'SFTP is always used', inNone),
  unused('--ftp-passive', 'connections are always passive'),
  unused('--ftp-regular', 'connections are always passive'),
  unused('--gio', 'write the URL as gio+file://', onlyIn0),
  unused('--cf-backend <backend>', foreign),
  unused('--b2-hide-files', foreign),
  unused('--swift-storage-policy <policy>', foreign),
  unused('--azure-max-single-put-size <n>', foreign),
  unused('--azure-max-block-size <n>', foreign),
  unused('--azure-max-connections <n>', foreign),
  unused('--azure-blob-tier <tier>', foreign),
  unused('--imap-full-address', foreign),
  unused('--imap-mailbox <mailbox>', foreign),
  unused('--idr-fakeroot <path>', foreign),
  unused('--mf-purge', foreign),
  unused('--mp-segment-size <n>', foreign),
];

type Details = Partial<OptionRow>;

function row(flags: string, help: string, details: Details = {}): OptionRow {
  return { flags, help, versions: inBoth, effect: same, groups: ['storage'], ...details };
}

function own(flags: string, help: string, parse: NonNullable<OptionRow['parse']>): OptionRow {
  return { flags, help, versions: inNone, effect: same, groups: ['storage'], parse };
}

/** An option of duplicity's that has nothing to decide here: it is taken from every command line. */
function unused(
  flags: string,
  why: string,
  versions: readonly DuplicityVersion[] = inBoth,
): OptionRow {
  return { flags, help: 'accepted without effect', versions, effect: none(why), groups: [] };
}

function collect(value: string, previous: unknown): string[] {
  return [...(Array.isArray(previous) ? (previous as string[]) : []), value];
}

function count(value: string): number {
  return parsed(value, /^[0-9]{1,6}$/, 'a number from 1', 1);
}

function seconds(value: string): number {
  return parsed(value, /^[0-9]+(?:\.[0-9]+)?$/, 'a number of seconds', 0);
}

function positiveSeconds(value: string): number {
  return parsed(value, /^[0-9]+(?:\.[0-9]+)?$/, 'a number of seconds above 0', Number.MIN_VALUE);
}

function partSize(value: string): number {
  return parsed(value, /^[0-9]{1,4}$/, 'a number of MB from 5', 5) * 1024 * 1024;
}

function parsed(value: string, pattern: RegExp, wanted: string, least: number): number {
  const result = Number(value);
  if (pattern.test(value) && result >= least) return result;
  throw new DuplifsError('USAGE', `"${value}" is not ${wanted}`);
}

function rate(value: string): number {
  const [, digits, unit = 'K'] = /^([0-9]+(?:\.[0-9]+)?)([KMG]?)$/i.exec(value) ?? [];
  const factor = { K: 1024, M: 1024 ** 2, G: 1024 ** 3 }[(unit || 'K').toUpperCase()] ?? 1024;
  const result = Number(digits) * factor;
  if (result > 0) return result;
  throw new DuplifsError('USAGE', `"${value}" is not a rate`, {
    hint: 'Write KiB a second, or 500K, 2M, 1G',
  });
}

function headers(value: string, previous: unknown): Record<string, string> {
  const all: Record<string, string> = { ...(previous as Record<string, string> | undefined) };
  // a comma separates headers only where another name and colon follow
  for (const part of value.split(/,\s*(?=[A-Za-z0-9-]+\s*:)/)) {
    const [, name, content] = /^\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*:\s*(.*?)\s*$/.exec(part) ?? [];
    if (name === undefined || content === undefined) {
      // not the text itself: it may hold a token
      throw new DuplifsError('USAGE', 'A header of --webdav-headers is not "Name: value"');
    }
    all[name] = content;
  }
  return all;
}
