/**
 * Faults on demand, for tests of everything that uses a storage: put around a backend, inside the
 * wrappers that have to cope with them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { mapBody } from '../body.js';
import type { Body, ByteRange, Storage, StoredObject, WriteOptions } from '../storage.js';
import { WrappedStorage } from './wrapped.js';

export type Operation = 'list' | 'stat' | 'read' | 'write' | 'remove';

/** What goes wrong; with `afterBytes`, once so many bytes of a read or write have passed. */
export type Fault =
  | { readonly kind: 'fail'; readonly error?: Error; readonly afterBytes?: number }
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  | { readonly kind: 'stall'; readonly afterBytes?: number }
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** Asked once for each call; undefined lets it pass. */
export type FaultPlan = (operation: Operation, name: string | undefined) => Fault | undefined;

export class FaultStorage extends WrappedStorage {
  readonly #plan: FaultPlan;

  constructor(inner: Storage, plan: FaultPlan) {
    super(inner);
    this.#plan = plan;
  }

  override async list(signal?: AbortSignal): Promise<readonly StoredObject[]> {
    await strike(this.#plan('list', undefined), signal);
    return await this.inner.list(signal);
  }

  override async stat(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    await strike(this.#plan('stat', name), signal);
    return await this.inner.stat(name, signal);
  }

  override async remove(names: readonly string[], signal?: AbortSignal): Promise<void> {
    await strike(this.#plan('remove', names[0]), signal);
    await this.inner.remove(names, signal);
  }

  override read(
    name: string,
    range: ByteRange | undefined,
    signal?: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    return struck(this.#plan('read', name), this.inner.read(name, range, signal), signal);
  }

  override async write(name: string, body: Body, options: WriteOptions): Promise<void> {
    const fault = this.#plan('write', name);
    if (fault?.kind === 'delay') await strike(fault, options.signal);
    const faulty = mapBody(body, (chunks) => struck(fault, chunks, options.signal));
    await this.inner.write(name, faulty, options);
  }
}

function connectionLost(): Error {
  return Object.assign(new Error('The connection was lost (injected)'), { code: 'ECONNRESET' });
}

async function strike(fault: Fault | undefined, signal: AbortSignal | undefined): Promise<void> {
  switch (fault?.kind) {
    case undefined:
      return;
    case 'fail':
      throw fault.error ?? connectionLost();
    case 'truncate':
      throw connectionLost();
    case 'delay':
      await sleep(fault.milliseconds, undefined, signal === undefined ? {} : { signal });
      return;
    case 'stall':
      await never(signal);
  }
}

async function* struck(
  fault: Fault | undefined,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (fault === undefined || fault.kind === 'delay') {
    await strike(fault, signal);
    yield* chunks;
    return;
  }
  let left = fault.afterBytes ?? 0;
  for await (const chunk of left > 0 ? chunks : []) {
    const piece = chunk.subarray(0, left);
    left -= piece.length;
    yield piece;
    if (left === 0) break;
  }
  if (fault.kind !== 'truncate') await strike(fault, signal);
}

/** Waits for the end of the call, as a dead line does. */
async function never(signal: AbortSignal | undefined): Promise<void> {
  const ever = 2 ** 31 - 1;
  await sleep(ever, undefined, signal === undefined ? {} : { signal });
}
