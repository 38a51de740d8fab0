/** The thread that makes volumes: it deflates, encrypts, sums and writes one at a time; see VolumeMaker. */
import { parentPort, workerData } from 'node:worker_threads';
import { prepareDeflate } from '../../deflate/index.js';
import { giveMemoryBack, sentError } from '../../threads/index.js';
import { withPassphrases } from '../../openpgp/index.js';
import { openFileWriter } from '../../volume/index.js';
import type { VolumeWriter } from '../../volume/index.js';
import { manyBuffers } from './protocol.js';
import type { VolumeAnswer, VolumeProgress, VolumeRequest } from './protocol.js';
import { SpoolSink } from './spool-sink.js';

const port = parentPort;
/** One number that both threads share: the buffers that were sent and are not yet used. */
const onTheWay = workerData as Int32Array;
let sink: SpoolSink | undefined;
let writer: VolumeWriter | undefined;
/** Requests are dealt with one after the other. */
let chain = Promise.resolve();

let isEnding = false;
let finished = 0;

port?.on('message', (request: VolumeRequest) => {
  if (request.kind !== 'end') {
    chain = chain.then(() => (isEnding ? undefined : answer(request))).catch(fail);
    return;
  }
  isEnding = true;
  // behind what is under way, and before all that is waiting
  void chain.finally(() => process.exit());
});

async function answer(request: Exclude<VolumeRequest, { readonly kind: 'end' }>): Promise<void> {
  if (request.kind === 'passphrases') {
    const session = await withPassphrases(request.session, request.passphrases);
    tell({ kind: 'session', session });
    return;
  }
  if (request.kind === 'prepare') {
    await prepareDeflate(request.level);
    return;
  }
  if (request.kind === 'open') {
    const opened = new SpoolSink(request.file, request.folder);
    sink = opened;
    writer = openFileWriter(
      request.encoding,
      (piece) => opened.add(piece),
      () => Atomics.load(onTheWay, 0) < manyBuffers,
    );
    return;
  }
  if (writer === undefined || sink === undefined) throw new Error('No volume is open');
  switch (request.kind) {
    case 'data': {
      const { buffer, length } = request;
      await writer.write([new Uint8Array(buffer, 0, length)]);
      Atomics.sub(onTheWay, 0, 1);
      tell({ kind: 'taken', buffer, ...progressOf(writer) }, [buffer]);
      break;
    }
    case 'settle':
      await writer.settle();
      tell({ kind: 'settled', ...progressOf(writer) });
      break;
    case 'finish': {
      const volume = await writer.finish(request.signature);
      tell({ kind: 'finished', volume, ...sink.sums() });
      writer = undefined;
      finished += 1;
      if (finished > 1) await giveMemoryBack(); // a small backup ends before it is worth loading
    }
  }
}

function progressOf({ fileBytes, pendingBytes }: VolumeWriter): VolumeProgress {
  return { fileBytes, pendingBytes };
}

function fail(error: unknown): void {
  writer = undefined;
  tell({ kind: 'failed', error: sentError(error) });
}

function tell(message: VolumeAnswer, handedOver: readonly ArrayBuffer[] = []): void {
  port?.postMessage(message, handedOver);
}
