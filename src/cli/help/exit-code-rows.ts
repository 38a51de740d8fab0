/**
 * What each exit code means: the table of docs/cli.md, `duplifs help exit-codes`, the manual, and the line of a command's help
 * are made from it.
 */
export interface ExitCodeRow {
  readonly codes: readonly number[];
  readonly meaning: string;
  /** In a few words, for the help of a command. */
  readonly short: string;
}

export const exitCodeRows: readonly ExitCodeRow[] = [
  row([0], 'done', 'done'),
  row(
    [1],
    'done but for some files: restored, read or compared with errors, each named; `doctor`: a check failed; `find`: no match',
    'done in part',
  ),
  row(
    [2],
    'the command line, a time string or a URL cannot be understood',
    'command line not understood',
  ),
  row(
    [3, 42],
    'the host or the folder differs from the one that the chain was made of',
    'another host or folder',
  ),
  row([4], 'interrupted', 'interrupted'),
  row(
    [5],
    'the local and the stored manifest of a set disagree',
    'local copy differs from what is stored',
  ),
  row([11], 'a target that must not exist does, or cannot be used', 'target exists'),
  row([13], 'the source of a backup cannot be used', 'source cannot be read'),
  row(
    [14, 15, 16],
    'selection: outside the source, not understood, without effect',
    'wrong selection',
  ),
  row([17], 'an incremental was asked for and there is nothing to build on', 'nothing to build on'),
  row([19], 'the path is not in the backup at that time', 'path not in the backup'),
  row([20], 'there is no backup, or none as old as that', 'no backup'),
  row(
    [21],
    'damaged: bytes that are not what the manifest, a digest or the format says',
    'damaged',
  ),
  row([22], 'a signature is missing, bad, or by another key', 'not signed as demanded'),
  row([23], 'locked by another process', 'locked'),
  row([24], 'a file that the backup names is missing', 'a file is missing'),
  row([25], 'FUSE cannot be used here', 'no FUSE'),
  row([30], 'a bug in duplifs; its stack is shown', 'a bug in duplifs'),
  row([31], 'a key or passphrase is missing or wrong', 'key or passphrase'),
  row(
    [50, 51, 52, 53],
    'the storage failed, refused, does not have the file, or is full',
    'the storage',
  ),
  row(
    [70, 71, 72, 73],
    'selection: filter modes without effect or at the end; a list of files with absolute paths, or empty',
    'wrong selection',
  ),
  row(
    [75],
    "a condition of a profile's run did not hold, so nothing was done",
    'a condition did not hold',
  ),
];

/** What a code means in a few words. */
export function shortMeaning(code: number): string {
  const found = exitCodeRows.find(({ codes }) => codes.includes(code));
  if (found === undefined) throw new Error(`No meaning of the exit code ${code}`);
  return found.short;
}

function row(codes: readonly number[], meaning: string, short: string): ExitCodeRow {
  return { codes, meaning, short };
}
