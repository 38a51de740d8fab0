/** `duplifs help storage`: URLs, and the options that all commands on a backup have for storages. */
import type { Command } from 'commander';
import { isStorageOption } from '../../storage-options.js';
import { optionText } from '../option-text.js';
import type { Topic } from './topic.js';

/** As docs/storage/README.md has them. */
export const storageUrls: readonly (readonly [url: string, what: string])[] = [
  ['file:///path', 'a local or mounted folder; a plain path means the same'],
  ['s3://bucket/prefix', 'Amazon S3, and with --s3-endpoint-url what is compatible'],
  ['sftp://user@host/path', 'a server with SSH'],
  ['webdavs://user@host/path', 'WebDAV, Nextcloud'],
  ['ftps://user@host/path', 'FTP, encrypted; ftp:// is not'],
  ['rsync://user@host::module/path', 'an rsync server'],
  ['rclone://remote:path', 'Google Drive, OneDrive, Dropbox, B2, Azure, … by rclone'],
  ['multi:///config.json?mode=mirror', 'several storages at once'],
  ['par2+URL', 'any of these with recovery data beside each file'],
];

/** `command` is one that has the options. */
export function storageTopic(command: Command): Topic {
  const options = command.options.filter(isStorageOption);
  return {
    name: 'storage',
    title: 'where backups lie: URLs and their options',
    parts: [
      'Every command on a backup takes one of these URLs, or the name of a profile that says it.',
      { items: storageUrls },
      'Parts of a URL are percent-decoded: write %20 for a blank, %40 for "@" in a name. Passwords belong into the ' +
        'environment, where others do not see them: FTP_PASSWORD for SFTP, WebDAV and FTP, RSYNC_PASSWORD, ' +
        'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Of each storage: docs/storage.',
      {
        heading: 'Storage options, of all commands that take a URL',
        items: options.map((option) => [option.flags, optionText(option)] as const),
      },
    ],
  };
}
