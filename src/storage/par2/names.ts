/** Names of recovery data (PAR2) beside the files of a backup, as duplicity's `par2+` storages put them. */

/** Locks and what else is rewritten all the time needs none. */
const unprotected = /duplifs-(?!index\b)/;

/** Whether a file is recovery data, which listings leave out. */
export function isRecoveryData(name: string): boolean {
  return name.endsWith('.par2');
}

/** Whether recovery data is made for a file of that name. */
export function isProtected(name: string): boolean {
  return !isRecoveryData(name) && !unprotected.test(name);
}

/** NAME.par2 and NAME.volN+M.par2, of those that are there; the first has the sums and comes last. */
export function recoveryDataOf(name: string, stored: Iterable<string>): string[] {
  const found = [...stored].filter(
    (one) =>
      one.startsWith(`${name}.`) && /^\.(?:vol\d+\+\d+\.)?par2$/.test(one.slice(name.length)),
  );
  return [
    ...found.filter((one) => one !== sumsName(name)),
    ...found.filter((one) => one === sumsName(name)),
  ];
}

/** The file with the sums alone. */
export function sumsName(name: string): string {
  return `${name}.par2`;
}
