/** Which parts of a backup are restored where: `--path-to-restore`, `--files-from`, `--rename`. Pure. */
import { join } from 'node:path';
import type { Renaming } from '../options/index.js';

/** A file or folder of the backup, and what it becomes. */
export interface RestorePiece {
  /** In the backup; '' is all of it. */
  readonly path: string;
  readonly target: string;
  /** Paths in it, relative to it, that are left out. */
  readonly without: readonly string[];
}

export interface RestoreRequest {
  readonly target: string;
  /** None for the whole backup. */
  readonly paths: readonly string[];
  /** Whether the paths lie in the target under their whole paths; else the only one becomes the target. */
  readonly isList: boolean;
  readonly renamings: readonly Renaming[];
}

export function restorePlan({
  target,
  paths,
  isList,
  renamings,
}: RestoreRequest): readonly RestorePiece[] {
  const wanted = withoutCovered(paths.length === 0 ? [''] : paths);
  const pieces = wanted.map((path): Draft => {
    return { path, target: isList ? join(target, path) : target, without: [] };
  });
  // a folder before what lies in it, which may be moved elsewhere
  for (const { from, to } of renamings.toSorted((a, b) => a.from.length - b.from.length)) {
    const around = pieces.findLast(({ path }) => from !== path && isIn(from, path));
    if (around === undefined) continue;
    around.without.push(relativeTo(from, around.path));
    pieces.push({ path: from, target: join(target, to), without: [] });
  }
  return pieces;
}

interface Draft extends RestorePiece {
  readonly without: string[];
}

/** Without those that lie in others. */
function withoutCovered(paths: readonly string[]): readonly string[] {
  const distinct = [...new Set(paths)];
  return distinct.filter((path) => !distinct.some((other) => other !== path && isIn(path, other)));
}

/** Whether a path is another, or lies in it. */
export function isIn(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

function relativeTo(path: string, folder: string): string {
  return folder === '' ? path : path.slice(folder.length + 1);
}
