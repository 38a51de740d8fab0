import { DuplifsError } from '../base/index.js';
export type DeltaCommand =
  | { readonly kind: 'copy'; readonly start: number; readonly length: number }
  | { readonly kind: 'literal'; readonly deltaOffset: number; readonly length: number };
function num(b: Uint8Array, at: number, n: number): number {
  let v = 0;
  for (let i = 0; i < n; i += 1) v = v * 256 + (b[at + i] ?? 0);
  return v;
}
export async function* readDeltaCommands(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  deltaLength: number,
  _o: { name: string; basisLength: number },
): AsyncGenerator<DeltaCommand[]> {
  let at = 4;
  let batch: DeltaCommand[] = [];
  let base = 0;
  let buf = await read(0, Math.min(65536, deltaLength));
  for (;;) {
    if (at + 17 > base + buf.length && base + buf.length < deltaLength) {
      base = at;
      buf = await read(at, Math.min(65536, deltaLength - at));
    }
    const op = buf[at - base];
    if (op === undefined) throw new DuplifsError('DAMAGED', 'delta');
    if (op === 0) break;
    let p = at - base + 1;
    if (op <= 0x44) {
      let length = op;
      if (op > 0x40) {
        const w = 1 << (op - 0x41);
        length = num(buf, p, w);
        p += w;
      }
      batch.push({ kind: 'literal', deltaOffset: base + p, length });
      at = base + p + length;
    } else {
      const k = op - 0x45;
      const sw = 1 << (k >> 2);
      const lw = 1 << (k & 3);
      batch.push({ kind: 'copy', start: num(buf, p, sw), length: num(buf, p + sw, lw) });
      at = base + p + sw + lw;
    }
    if (batch.length >= 1000) {
      yield batch;
      batch = [];
    }
  }
  yield batch;
}
export class DeltaLengthCounter {
  readonly #parts: Buffer[] = [];
  push(b: Uint8Array): void {
    this.#parts.push(Buffer.from(b));
  }
  get resultLength(): number {
    const b = Buffer.concat(this.#parts);
    let at = 4;
    let sum = 0;
    for (;;) {
      const op = b[at];
      if (op === undefined) throw new DuplifsError('DAMAGED', 'delta');
      if (op === 0) return sum;
      at += 1;
      if (op <= 0x44) {
        let length = op;
        if (op > 0x40) {
          const w = 1 << (op - 0x41);
          length = num(b, at, w);
          at += w;
        }
        sum += length;
        at += length;
      } else {
        const k = op - 0x45;
        const sw = 1 << (k >> 2);
        const lw = 1 << (k & 3);
        sum += num(b, at + sw, lw);
        at += sw + lw;
      }
    }
  }
}
