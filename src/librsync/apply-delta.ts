import { DuplifsError } from '../base/index.js';
import { DeltaCommands } from './delta-commands.js';
import { DeltaParser } from './delta-parser.js';

/** A few bytes of COPYs can ask for any length; this bounds what is built in memory. */
const maxResultLength = 1 << 30;

/**
 * The file that `delta` makes of `basis`, in memory: for small files.
 * @param name what the delta is called in errors
 * @throws DuplifsError DAMAGED when the delta breaks the format, reaches beyond the basis, or makes
 *   more than 1 GiB
 */
export function applyDelta(basis: Uint8Array, delta: Uint8Array, name: string): Buffer {
  const commands = new DeltaCommands();
  const parser = new DeltaParser(commands, { name, basisLength: basis.length });
  parser.push(delta);
  parser.finish();
  if (parser.resultLength > maxResultLength) {
    throw new DuplifsError(
      'DAMAGED',
      `The delta "${name}" makes a file of ${parser.resultLength} bytes, more than fits in memory`,
    );
  }
  const result = Buffer.allocUnsafe(parser.resultLength);
  for (let i = 0; i < commands.count; i += 1) {
    const source = commands.source[i] ?? 0;
    const length = commands.length[i] ?? 0;
    const from = commands.literalFlag[i] === 1 ? delta : basis;
    result.set(from.subarray(source, source + length), commands.targetOffset[i] ?? 0);
  }
  return result;
}
