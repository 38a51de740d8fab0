/** What a path has in common with the one before it: whole leading folders, so that no character is cut. */

/** How many leading components, each with its slash, `path` shares with `last`, and their length. */
export function sharedFolders(last: string, path: string): { folders: number; length: number } {
  const limit = Math.min(last.length, path.length);
  let folders = 0;
  let length = 0;
  for (let i = 0; i < limit; i += 1) {
    const unit = path.charCodeAt(i);
    if (unit !== last.charCodeAt(i)) return { folders, length };
    if (unit === 0x2f) {
      folders += 1;
      length = i + 1;
    }
  }
  // "a/b" below "a": the whole of the last path is a folder of this one.
  if (limit > 0 && path.charCodeAt(limit) === 0x2f && last.length === limit) {
    return { folders: folders + 1, length: limit + 1 };
  }
  return { folders, length };
}

/** The first `folders` components of `last`, and `rest`; undefined when there are not so many. */
export function joinPath(last: string, folders: number, rest: string): string | undefined {
  let length = 0;
  for (let left = folders; left > 0; left -= 1) {
    if (length > last.length || last === '') return undefined;
    const slash = last.indexOf('/', length);
    length = slash < 0 ? last.length + 1 : slash + 1;
  }
  return length > last.length ? `${last}/${rest}` : last.slice(0, length) + rest;
}
