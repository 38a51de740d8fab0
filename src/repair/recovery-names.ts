/** The names of recovery data (PAR2) that lie beside a file, as duplicity's `par2+` storages put them. */

/** NAME.par2, and NAME.volN+M.par2 with the data itself; none where the first is not there. */
export function recoveryDataOf(name: string, storedNames: Iterable<string>): string[] {
  const found = [...storedNames].filter(
    (one) =>
      one.startsWith(`${name}.`) && /^\.(?:vol\d+\+\d+\.)?par2$/.test(one.slice(name.length)),
  );
  return found.includes(`${name}.par2`) ? found : [];
}
