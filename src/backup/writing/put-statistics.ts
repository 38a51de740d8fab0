import { join } from 'node:path';
import { formatFileName } from '../../archive/index.js';
import type { VolumeMaker } from '../spool/volume-maker.js';
import { gzipInto, makeAndPut } from './make-and-put.js';
import type { SetPlan } from '../plan/set-plan.js';

/** Stores the statistics of a set that is complete, and keeps a copy in the archive dir, always gzipped. */
export async function putStatistics(
  plan: SetPlan,
  maker: VolumeMaker,
  statistics: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { times, encoding, prefixes, archiveFolder, storage } = plan;
  const bytes = Buffer.from(JSON.stringify(statistics));
  const nameOf = (container: typeof encoding.container): string =>
    formatFileName({ kind: 'statistics', times, container }, prefixes);
  const file = { name: nameOf(encoding.container), encoding };
  await makeAndPut(maker, storage, [{ ...file, write: (writer) => writer.write([bytes]) }]);
  await gzipInto(join(archiveFolder, nameOf('gz')), 6, (writer) => writer.write([bytes]));
}
