import { splitWords } from '../../base/index.js';
import { StorageError } from '../errors.js';
import type { StorageOptions } from '../options.js';
import { defaults } from '../options.js';
import type { Storage } from '../storage.js';
import type { StorageUrl } from '../url.js';
import { decodePercent } from '../url.js';
import { compose } from '../wrappers/compose.js';
import type { RsyncTarget } from './rsync-storage.js';
import { RsyncStorage } from './rsync-storage.js';
import { rsyncFailure } from './rsync-program.js';

/** Each call is a process and a connection. */
const runsAtOnce = 4;

/**
 * duplicity's forms: `rsync://user@host[:port]::[/]module/path` for a daemon, `rsync://user@host[:port]/path`
 * through ssh below the login's folder, with `//path` from the root.
 */
export function openRsync(url: StorageUrl, options: StorageOptions): Storage {
  const env = options.env ?? process.env;
  const password = url.password ?? env['RSYNC_PASSWORD'] ?? env['FTP_PASSWORD'];
  const target = rsyncTarget(url, options, password);
  return compose(
    new RsyncStorage(target),
    {
      remote: false, // the program has a time-out of its own
      utf8Names: true,
      maxConcurrency: runsAtOnce,
      explain: rsyncFailure,
      secrets: password === undefined ? [] : [password],
    },
    options,
  );
}

export function rsyncTarget(
  url: StorageUrl,
  options: StorageOptions,
  password?: string,
): RsyncTarget {
  const { user, host } = url;
  if (host === '' || host.startsWith('-') || user?.startsWith('-') === true) {
    throw new StorageError('STORAGE_URL', 'The rsync URL names no host', {
      hint: 'Write rsync://user@host::module/path for a daemon, rsync://user@host/path for ssh',
    });
  }
  const login = `${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}`;
  const port = url.port === undefined ? '' : `:${url.port}`;
  const timeout = Math.ceil(options.timeoutSeconds ?? defaults.timeoutSeconds);
  const words = (options.rsync?.options ?? []).flatMap((text) =>
    splitWords(text, '--rsync-options'),
  );
  const rate = options.maxUploadRate ?? options.maxDownloadRate;
  const common = [
    // what the remote side would expand or split is sent in another way
    '--protect-args',
    `--timeout=${timeout}`,
    ...(rate === undefined ? [] : [`--bwlimit=${Math.max(1, Math.round(rate / 1024))}`]),
  ];
  const daemon = /^[^/]*?::\/*([^/]+)\/*(.*)$/s.exec(url.rest);
  if (daemon) {
    const [, module = '', path = ''] = daemon.map((part) => decodePercent(part));
    return {
      url: `rsync://${login}${port}::${module}/${path}`,
      base: `${login}::${module}/`,
      path: trimmed(path),
      options: [
        ...common,
        `--contimeout=${timeout}`,
        ...(url.port === undefined ? [] : [`--port=${url.port}`]),
        ...words,
      ],
      timeoutSeconds: timeout,
      environment: { env: options.env, password },
    };
  }
  const shell = [
    'ssh -oBatchMode=yes',
    ...(url.port === undefined ? [] : [`-p ${url.port}`]),
    ...(options.ssh?.options ?? []),
  ].join(' ');
  return {
    url: `rsync://${login}${port}${url.path}`,
    base: `${login}:${url.path.startsWith('//') ? '/' : ''}`,
    path: trimmed(url.path),
    options: [...common, '-e', shell, ...words],
    timeoutSeconds: timeout,
    environment: { env: options.env, password: undefined },
  };
}

function trimmed(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '')
    .join('/');
}
