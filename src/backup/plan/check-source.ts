import type { Manifest } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';

const advice =
  'You may be backing up two sources to one target; if this is no mistake, give --allow-source-mismatch';

/** Refuses to continue the chain of another machine or folder (docs/format/1-bytes.md 3.4). */
export function checkSource(manifest: Manifest, hostname: string, localDir: string): void {
  const { hostname: host, localDir: folder } = manifest;
  if (host !== undefined && firstLabel(host) !== firstLabel(hostname)) {
    throw new DuplifsError(
      'SOURCE_HOST_CHANGED',
      `The backup is of the host "${host}", and this is "${hostname}"`,
      { hint: advice },
    );
  }
  if (folder !== undefined && folder !== localDir) {
    throw new DuplifsError(
      'SOURCE_PATH_CHANGED',
      `The backup is of "${folder}", and the source is "${localDir}"`,
      { hint: advice },
    );
  }
}

/** A host is known by its short name and by its full one. */
function firstLabel(host: string): string {
  return host.split('.')[0] ?? host;
}
