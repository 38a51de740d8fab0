/** Runs the tasks, so many at a time, in order; after the first that fails none is begun, and its error comes out. */
export async function inParallel(
  tasks: readonly (() => Promise<void>)[],
  jobs: number,
): Promise<void> {
  let next = 0;
  let hasFailed = false;
  const work = async (): Promise<void> => {
    for (let task = tasks[next++]; task !== undefined && !hasFailed; task = tasks[next++]) {
      try {
        await task();
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.max(1, jobs) }, work);
  await Promise.allSettled(workers);
  await Promise.all(workers);
}
