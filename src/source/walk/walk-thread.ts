/** The thread that walks over the source; see ThreadedWalk. */
import { parentPort, workerData } from 'node:worker_threads';
import { collectPiledUp, sentError } from '../../threads/index.js';
import { compilePlan } from '../selection/index.js';
import { encodeItems } from './item-batch.js';
import { maxBatchesAhead } from './protocol.js';
import type { WalkMessage, WalkThreadData } from './protocol.js';
import { walkSource } from './walk-source.js';

const { plan, ahead } = workerData as WalkThreadData;

parentPort?.once('message', () => {
  walk().catch((error: unknown) => {
    tell({ kind: 'failed', error: sentError(error) });
  });
});

async function walk(): Promise<void> {
  const { selection, copyLinks, followRoot } = plan;
  const items = walkSource(selection.source, {
    ...compilePlan(selection),
    copyLinks,
    followRoot,
    onSkipped: (path) => {
      tell({ kind: 'skipped', path });
    },
    onLinkLoop: (path) => {
      tell({ kind: 'linkLoop', path });
    },
  });
  for await (const some of items) {
    tell({ kind: 'items', batch: encodeItems(some) });
    collectPiledUp(); // V8 lets a thread have a few hundred megabytes first
    Atomics.add(ahead, 0, 1);
    for (
      let sent = Atomics.load(ahead, 0);
      sent >= maxBatchesAhead;
      sent = Atomics.load(ahead, 0)
    ) {
      Atomics.wait(ahead, 0, sent);
    }
  }
  tell({ kind: 'end' });
}

function tell(message: WalkMessage): void {
  parentPort?.postMessage(message);
}
