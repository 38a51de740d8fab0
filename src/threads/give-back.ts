/**
 * Gives memory that was freed back to the system. glibc keeps it for whoever asks next, cut into pieces by what is still in
 * use: over the volumes of a large backup a third of all that the process has.
 */

type Trim = (padBytes: number) => number;

let trim: Promise<Trim | undefined> | undefined;

/** Calls malloc_trim(3), through koffi; does nothing where there is no koffi or another libc. It takes some milliseconds. */
export async function giveMemoryBack(): Promise<void> {
  trim ??= load();
  (await trim)?.(0);
}

async function load(): Promise<Trim | undefined> {
  try {
    const { default: koffi } = await import('koffi');
    return koffi.load(null).func('int malloc_trim(size_t pad)') as Trim;
  } catch {
    return undefined;
  }
}
