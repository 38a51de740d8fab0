import { compareNames, DuplifsError } from '../../base/index.js';
import { splitLines } from './filelist.js';

/**
 * The entries that a --files-from list names, with the folders above them, as a tree: the walk takes
 * the names from it rather than from the folders (docs/format/2-behaviour.md 3.1).
 */
export class FilesFrom {
  readonly #children = new Map<string, FilesFrom>();

  /** The listed names in this folder, in the order of the walk. A listed folder alone has none. */
  names(): string[] {
    return [...this.#children.keys()].sort(compareNames);
  }

  /** The part of the tree below a listed name. */
  below(name: string): FilesFrom | undefined {
    return this.#children.get(name);
  }

  /** Adds a path, as its components. */
  add(components: readonly string[]): void {
    let folder = this.#children;
    for (const name of components) {
      const child = folder.get(name) ?? new FilesFrom();
      folder.set(name, child);
      folder = child.#children;
    }
  }
}

/**
 * Reads a list of paths relative to the source, one a line; nothing is stripped and nothing is a comment.
 * @param name the list's, for errors
 * @throws DuplifsError FILES_FROM_EMPTY, FILES_FROM_ABSOLUTE, or SELECTION_OUTSIDE for a path with ".."
 */
export function parseFilesFrom(
  content: Uint8Array,
  { name, nullSeparator = false }: { name: string; nullSeparator?: boolean },
): FilesFrom {
  const paths = splitLines(content, nullSeparator).filter((line) => line !== '');
  if (paths.length === 0) {
    throw new DuplifsError('FILES_FROM_EMPTY', `The list of files "${name}" names none`);
  }
  const tree = new FilesFrom();
  for (const path of paths) {
    const shown = path.toWellFormed();
    const components = path.split('/').filter((part) => part !== '' && part !== '.');
    if (path.startsWith('/')) {
      throw new DuplifsError(
        'FILES_FROM_ABSOLUTE',
        `The list of files "${name}" has the absolute path "${shown}"`,
        { hint: 'List paths relative to the source' },
      );
    }
    if (components.includes('..')) {
      throw new DuplifsError(
        'SELECTION_OUTSIDE',
        `The list of files "${name}" has the path "${shown}", which leads out of its folder`,
      );
    }
    tree.add(components);
  }
  return tree;
}
