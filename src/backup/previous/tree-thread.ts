/** The thread that reads and merges the sigtars of a chain; see ThreadedTree. */
import { parentPort, workerData } from 'node:worker_threads';
import { sentError } from '../../base/index.js';
import { localEntries } from './local-entries.js';
import { mergeSets } from './merge-sets.js';
import { packEntries } from './pack-entries.js';
import { batchesAhead, type TreeAnswer, type TreeRequest } from './protocol.js';

const port = parentPort;
const { archiveFolder, signatures } = workerData as TreeRequest;
let allowed = batchesAhead;
let wake: (() => void) | undefined;

async function sendAll(): Promise<void> {
  for await (const entries of mergeSets(
    signatures.map((one) => localEntries(archiveFolder, one)),
  )) {
    while (allowed === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    allowed -= 1;
    const [packed, handedOver] = packEntries(entries);
    port?.postMessage({ kind: 'entries', packed } satisfies TreeAnswer, handedOver);
  }
  port?.postMessage({ kind: 'end' } satisfies TreeAnswer);
}

port?.on('message', () => {
  allowed += 1;
  wake?.();
});
sendAll().catch((error: unknown) => {
  port?.postMessage({ kind: 'failed', error: sentError(error) } satisfies TreeAnswer);
});
