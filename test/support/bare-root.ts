/** Root file systems of bare Debian machines, in folders, and programs in them as if they were machines. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { run, runOk } from './run.js';
import type { Finished } from './run.js';

const minutes = 60_000;

/** Makes one in a folder: what Debian's smallest installation has. Needs root and a mirror of Debian. */
export async function makeBareRoot(suite: string, folder: string): Promise<void> {
  await runOk('debootstrap', ['--variant=minbase', suite, folder], { timeoutMs: 20 * minutes });
  await copyFile('/etc/resolv.conf', join(folder, 'etc/resolv.conf'));
  // udev makes it
  await runOk('mknod', ['-m', '0666', join(folder, 'dev/fuse'), 'c', '10', '229']);
}

export interface InsideOptions {
  /** Folders of this machine that are seen in there, by the paths in there. */
  readonly binds?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Names of a user in there; root unless given. */
  readonly user?: string;
  /** Nothing can be written but to `binds`, and to /tmp, which is empty. */
  readonly isReadOnly?: boolean;
  readonly timeoutMs?: number;
}

/** Binds, mounts /proc and goes in: ROOT, "ro" or "rw", the number of binds, those, the command. */
const enter = `set -eu
root=$1; mode=$2; count=$3; shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
while [ "$count" -gt 0 ]; do
  mkdir -p "$root$1"; mount --bind "$2" "$root$1"; shift 2; count=$((count - 1))
done
if [ "$mode" = ro ]; then
  mount -o remount,bind,ro "$root"; mount -t tmpfs tmpfs "$root/tmp"; chmod 1777 "$root/tmp"
fi
exec chroot "$root" "$@"`;

/** Runs a command in there to its end; with it end all processes that it has started, and their mounts. */
export async function runInside(
  folder: string,
  command: readonly string[],
  { binds = {}, env = {}, user, isReadOnly = false, timeoutMs = 20 * minutes }: InsideOptions = {},
): Promise<Finished> {
  const places = Object.entries(binds);
  for (const [inside] of places) await mkdir(join(folder, inside), { recursive: true });
  const variables = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...env,
  };
  const as =
    user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups'];
  return run(
    'unshare',
    [
      ...['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'],
      ...['sh', '-c', enter, 'sh', folder, isReadOnly ? 'ro' : 'rw', `${places.length}`],
      ...places.flat(),
      ...[
        '/usr/bin/env',
        '-i',
        ...Object.entries(variables).map(([name, text]) => `${name}=${text}`),
      ],
      ...as,
      ...command,
    ],
    { timeoutMs },
  );
}
