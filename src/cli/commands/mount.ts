import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { DuplifsError } from '../../base/index.js';
import { publicUrl } from '../../storage/index.js';
import { addCommonOptions, parseWhole } from '../common-options.js';
import { runDaemon } from '../daemon.js';
import type { MountCommandOptions } from '../mount-options.js';
import { runMount } from '../run-mount.js';
import { addTimeOptions } from '../time-options.js';
import { LazyCommand } from '../options/index.js';

/** `mount`: every backup as read-only folders, or the tree at one time. */
export function mountCommand(): Command {
  const command = new LazyCommand('mount')
    .description('show every backup as read-only folders, or with --time the tree as of that')
    .argument('<url>', 'where the backup lies')
    .argument('<mountpoint>', 'an empty folder')
    .option('--allow-other', 'let other users in too', false)
    .option('--no-default-permissions', 'with --allow-other: let them read whatever the modes say')
    .option('--uid <number>', 'show everything as owned by this user', parseWhole)
    .option('--gid <number>', 'show everything as owned by this group', parseWhole)
    .option('--umask <octal>', 'take these permission bits away, as 077', parseOctal)
    .option(
      '--as-network',
      'be mounted as "fuse.sshfs", of which GNOME (GLib 2.76 and newer) and KDE make no thumbnails',
      false,
    )
    .option(
      '--rewrite-links',
      'let absolute links into what was backed up lead into the same snapshot',
      false,
    )
    .option('--xattrs', 'list user.duplifs.time, .set and .volumes, which cp -a then copies', false)
    .option(
      '--read-timeout <seconds>',
      'how long to wait for a storage that is gone',
      parseWhole,
      60,
    )
    .option('--daemon', 'return once the mount answers, and serve it in the background', false)
    .option(
      '--background-fill',
      'read all volumes in the background, so that no size is waited for',
    )
    .option('--no-background-fill', 'read only what is asked for (the default on remote storage)')
    .addOption(
      new Option('--fuse-engine <engine>', 'how to speak with the kernel')
        .choices(['auto', 'kernel', 'libfuse'])
        .default('auto'),
    )
    .action(async (url: string, mountpoint: string, options: MountCommandOptions) => {
      refuseSwapped(url, mountpoint);
      await (options.daemon
        ? runDaemon(url, mountpoint, options)
        : runMount(url, mountpoint, options));
    });
  return addTimeOptions(addCommonOptions(command));
}

function refuseSwapped(url: string, mountpoint: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(mountpoint)) return;
  throw new DuplifsError('USAGE', `The mountpoint "${publicUrl(mountpoint)}" is a URL`, {
    hint: `The URL comes first: duplifs mount ${publicUrl(mountpoint)} ${publicUrl(url)}`,
  });
}

function parseOctal(text: string): number {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  throw new InvalidArgumentError('Give permission bits in octal, as 077.');
}
