/**
 * Entries on their way between threads: by columns, for to send an object with a dozen fields takes as long as to parse
 * it from a sigtar.
 */
import type { EntryType } from '../../archive/index.js';
import type { PreviousEntry } from './sigtar-entries.js';

export interface PackedEntries {
  readonly paths: readonly string[];
  /** numbersPerEntry for each. */
  readonly numbers: Float64Array<ArrayBuffer>;
  /** Names of owners and groups, by the numbers that the entries have for them. */
  readonly names: readonly string[];
  /** Of the symbolic links, in their order. */
  readonly linkTargets: readonly string[];
  /** One behind the other. */
  readonly signatures: ArrayBuffer;
}

const types: readonly EntryType[] = ['reg', 'dir', 'sym', 'fifo', 'chr', 'blk'];
const numbersPerEntry = 11;

/** The entries, and what of them is to be handed over and not copied. */
export function packEntries(entries: readonly PreviousEntry[]): [PackedEntries, ArrayBuffer[]] {
  const numbers = new Float64Array(entries.length * numbersPerEntry);
  const numberOfName = new Map<string, number>();
  const linkTargets: string[] = [];
  const numberOf = (name: string): number => {
    const known = numberOfName.get(name);
    if (known !== undefined) return known;
    numberOfName.set(name, numberOfName.size);
    return numberOfName.size - 1;
  };
  let at = 0;
  for (const entry of entries) {
    numbers[at] = types.indexOf(entry.type);
    numbers[at + 1] = entry.mode;
    numbers[at + 2] = entry.uid;
    numbers[at + 3] = entry.gid;
    numbers[at + 4] = entry.mtimeSeconds;
    numbers[at + 5] = entry.setSeconds;
    numbers[at + 6] = entry.signature.length;
    numbers[at + 7] = numberOf(entry.userName);
    numbers[at + 8] = numberOf(entry.groupName);
    if (entry.device !== undefined) {
      numbers[at + 9] = entry.device.major;
      numbers[at + 10] = entry.device.minor;
    }
    if (entry.linkTarget !== undefined) linkTargets.push(entry.linkTarget);
    at += numbersPerEntry;
  }
  const signatures = signaturesOf(entries);
  const paths = entries.map(({ path }) => path);
  const names = [...numberOfName.keys()];
  return [{ paths, numbers, names, linkTargets, signatures }, [numbers.buffer, signatures]];
}

/** The same entries. */
export function unpackEntries(packed: PackedEntries): PreviousEntry[] {
  const { numbers, names, linkTargets, signatures } = packed;
  let at = 0;
  let signatureAt = 0;
  let links = 0;
  return packed.paths.map((path) => {
    const type = types[numbers[at] ?? 0] ?? 'reg';
    const signatureLength = numbers[at + 6] ?? 0;
    const entry: PreviousEntry = {
      kind: type === 'reg' ? 'signature' : 'snapshot',
      path,
      type,
      mode: numbers[at + 1] ?? 0,
      uid: numbers[at + 2] ?? 0,
      gid: numbers[at + 3] ?? 0,
      userName: names[numbers[at + 7] ?? 0] ?? '',
      groupName: names[numbers[at + 8] ?? 0] ?? '',
      mtimeSeconds: numbers[at + 4] ?? 0,
      signatureLength,
      signature: Buffer.from(signatures, signatureAt, signatureLength),
      setSeconds: numbers[at + 5] ?? 0,
    };
    const device = { major: numbers[at + 9] ?? 0, minor: numbers[at + 10] ?? 0 };
    signatureAt += signatureLength;
    at += numbersPerEntry;
    if (type === 'sym') return { ...entry, linkTarget: linkTargets[links++] ?? '' };
    return type === 'chr' || type === 'blk' ? { ...entry, device } : entry;
  });
}

function signaturesOf(entries: readonly PreviousEntry[]): ArrayBuffer {
  let length = 0;
  for (const { signature } of entries) length += signature.length;
  const { buffer } = Buffer.allocUnsafeSlow(length);
  const bytes = new Uint8Array(buffer);
  let at = 0;
  for (const { signature } of entries) {
    bytes.set(signature, at);
    at += signature.length;
  }
  return buffer;
}
