/** `--rewrite-links`: absolute links of a backup lead to the live system; those into its source can lead into the backup. */
import { posix } from 'node:path';

export interface LinkPlace {
  /** The folder that was backed up, an absolute path. */
  readonly source: string;
  /** The folder of the backup that is the root of what is shown, '' for all. */
  readonly shown: string;
  /** The link itself, a path in the backup. */
  readonly link: string;
}

/** The target, made relative where it is an absolute path to what is shown; any other is left as it is. */
export function rewriteLink(target: string, { source, shown, link }: LinkPlace): string {
  if (!target.startsWith('/') || !source.startsWith('/')) return target;
  const root = posix.join(source, shown, '.').replace(/\/$/, '');
  const path = posix.normalize(target).replace(/\/$/, '');
  if (path !== root && !path.startsWith(`${root}/`)) return target;
  return posix.relative(posix.dirname(posix.join(source, link)), path || '/') || '.';
}
