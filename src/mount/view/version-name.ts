/** Names of a file's versions: the time of the set, and the file's extension so that viewers know it. */
import { formatFolderName } from '../../time/index.js';

const maxExtensionLength = 16;

/** `notes.tar.gz` as of a set becomes `2026-11-20T20-13-58Z.tar.gz`. */
export function versionName(fileName: string, endSeconds: number): string {
  return formatFolderName(endSeconds) + extensionOf(fileName);
}

/** With its dot, '' if there is none; of a compressed tar both parts. */
export function extensionOf(fileName: string): string {
  const extension = /[^.](\.tar\.[^.\s]+|\.[^.\s]+)$/u.exec(fileName)?.[1] ?? '';
  return extension.length > maxExtensionLength ? '' : extension;
}
