import { describe, expect, it } from 'vitest';
import { formatFileName, parseFileName } from '../../src/archive/index.js';
import type { Container, FileNameParts, SetTimes, StoredFile } from '../../src/archive/index.js';
import { separateFiles } from '../../src/target/protection/separate-files.js';
import type { ProtectionDemands } from '../../src/target/protection/separate-files.js';

const demands: ProtectionDemands = {
  isKnownEncrypted: () => false,
  isKnownPlain: () => false,
  knowsEncrypted: false,
  requireEncryption: false,
  allowUnprotected: false,
};
const full = (endSeconds: number): SetTimes => ({ kind: 'full', endSeconds });
const inc = (startSeconds: number, endSeconds: number): SetTimes => ({
  kind: 'inc',
  startSeconds,
  endSeconds,
});

function stored(parts: FileNameParts): StoredFile {
  const file = parseFileName(formatFileName(parts));
  if (file === undefined) throw new Error('Not a name');
  return file;
}

function set(times: SetTimes, container: Container): StoredFile[] {
  return [
    stored({ kind: 'volume', times, volumeNumber: 1, container }),
    stored({ kind: 'signatures', times, container }),
    stored({ kind: 'manifest', times, container: container === 'gz' ? 'plain' : container }),
  ];
}

/** The kinds of the refused files with the ends of their sets. */
function refused(files: readonly StoredFile[], more: Partial<ProtectionDemands> = {}): string[] {
  return separateFiles(files, { ...demands, ...more }).refused.map(
    ({ file, reason }) => `${file.kind} ${file.times.endSeconds} ${reason}`,
  );
}

describe('what counts of a target', () => {
  it('is all of a chain that is encrypted, and all of one that is not', () => {
    expect(refused([...set(full(100), 'gpg'), ...set(inc(100, 200), 'gpg')])).toEqual([]);
    expect(refused([...set(full(100), 'gz'), ...set(inc(100, 200), 'gz')])).toEqual([]);
    expect(refused([...set(full(100), 'gz'), ...set(full(300), 'gpg')])).toEqual([]);
  });

  it('is nothing in the clear beside what is encrypted, whatever kind it is of', () => {
    const times = full(100);
    const files = [
      ...set(times, 'gpg'),
      ...set(times, 'gz'),
      stored({ kind: 'index', times, container: 'gz' }),
    ];
    expect(refused(files)).toEqual([
      'volume 100 chain-encrypted',
      'signatures 100 chain-encrypted',
      'manifest 100 chain-encrypted',
      'index 100 chain-encrypted',
    ]);
  });

  it('is no incremental in the clear on an encrypted full, nor one that takes the place of another', () => {
    const chain = [...set(full(100), 'gpg'), ...set(inc(100, 200), 'gpg')];
    for (const forged of [inc(200, 300), inc(100, 250)]) {
      expect(refused([...chain, ...set(forged, 'gz')])).toHaveLength(3);
    }
    expect(refused([...set(full(100), 'gz'), ...set(inc(100, 200), 'gpg')])).toHaveLength(3);
  });

  it('is nothing of a chain in the clear that was encrypted when this machine saw it', () => {
    const files = [...set(full(100), 'gz'), ...set(inc(100, 200), 'gz')];
    const { chainKeys } = separateFiles(files, demands);
    const [key] = new Set(chainKeys.values());
    expect(new Set(chainKeys.values()).size).toBe(1);
    const known = { isKnownEncrypted: (chainKey: string) => chainKey === key };
    expect(refused(files, known)).toHaveLength(6);
    expect(refused(files, { ...known, allowUnprotected: true })).toEqual([]);
  });

  it('is a new chain in the clear of a target that was encrypted only if this machine has written it', () => {
    const files = set(full(300), 'gz');
    expect(refused(files, { knowsEncrypted: true })).toHaveLength(3);
    expect(refused(files, { knowsEncrypted: true })[0]).toContain('target-encrypted');
    expect(refused(files, { knowsEncrypted: true, isKnownPlain: () => true })).toEqual([]);
  });

  it('is nothing in the clear where encryption is required', () => {
    expect(refused(set(full(100), 'gz'), { requireEncryption: true })[0]).toContain(
      'encryption-required',
    );
    expect(refused(set(full(100), 'gpg'), { requireEncryption: true })).toEqual([]);
  });

  it('is found in a moment for a hundred thousand sets', () => {
    const files: StoredFile[] = [...set(full(1000), 'gpg')];
    for (let at = 1001; at < 100_000; at += 1) {
      files.push(stored({ kind: 'manifest', times: inc(at - 1, at), container: 'gpg' }));
    }
    const begun = performance.now();
    expect(separateFiles(files, demands).refused).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
