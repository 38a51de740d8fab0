/**
 * Writes manifests as duplicity does, to the byte (docs/format/1-bytes.md 3.1). The parts are there by
 * themselves because a backup writes its manifest as its volumes are done.
 */
import { encodeName } from '../../base/index.js';
import type { FileChange, Manifest, ManifestVolume } from './manifest.js';
import { quote } from './quoting.js';

/** A whole manifest. */
export function formatManifest(manifest: Manifest): Buffer {
  const parts = [formatManifestHeader(manifest), ...manifest.volumes.map(formatManifestVolume)];
  if (manifest.fileList !== undefined) {
    parts.push(formatFileListHeader(manifest.fileList.length));
    for (const change of manifest.fileList) parts.push(formatFileChange(change));
  }
  return Buffer.concat(parts);
}

/** The lines that begin a manifest. */
export function formatManifestHeader(manifest: Pick<Manifest, 'hostname' | 'localDir'>): Buffer {
  const { hostname, localDir } = manifest;
  const host = hostname === undefined ? '' : `Hostname ${hostname}\n`;
  const folder = localDir === undefined ? '' : `Localdir ${quote(localDir)}\n`;
  return encodeName(host + folder);
}

/** The record of one volume. */
export function formatManifestVolume(volume: ManifestVolume): Buffer {
  const { number, startPath, startBlock, endPath, endBlock, hash } = volume;
  const lines = [
    `Volume ${number}:`,
    `    StartingPath   ${place(startPath, startBlock)}`,
    `    EndingPath     ${place(endPath, endBlock)}`,
    ...(hash === undefined ? [] : [`    Hash ${hash.algorithm} ${hash.hex}`]),
  ];
  return encodeName(lines.join('\n') + '\n');
}

/** The line before the `count` lines of the file list, which ends a manifest. */
export function formatFileListHeader(count: number): Buffer {
  return Buffer.from(`Filelist ${count}\n`);
}

/** One line of the file list. */
export function formatFileChange({ change, path }: FileChange): Buffer {
  return encodeName(`    ${change.padEnd(7)}  ${quotedPath(path)}\n`);
}

function place(path: string, block: number | undefined): string {
  return `${quotedPath(path)} ${block ?? ' '}`;
}

function quotedPath(path: string): string {
  return path === '' ? '.' : quote(path);
}
