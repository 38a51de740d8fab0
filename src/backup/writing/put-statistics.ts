import { join } from 'node:path';
import { formatFileName } from '../../archive/index.js';
import { encodeAndPut, encodeInto } from './finish-set.js';
import type { SetPlan } from './set-plan.js';

/** Stores the statistics of a set that is complete, and keeps a copy in the archive dir, always gzipped. */
export async function putStatistics(
  plan: SetPlan,
  statistics: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { times, encoding, prefixes, archiveFolder } = plan;
  const bytes = Buffer.from(JSON.stringify(statistics));
  const name = (container: typeof encoding.container): string =>
    formatFileName({ kind: 'statistics', times, container }, prefixes);
  await encodeAndPut(plan, name(encoding.container), encoding, (writer) => writer.write([bytes]));
  const local = join(archiveFolder, name('gz'));
  await encodeInto(local, { container: 'gz', level: 6 }, (writer) => writer.write([bytes]));
}
