/** The real rdiff (librsync's own tool), as a peer to test against. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether rdiff is there. Where it must be (CI), tests run without it and fail. */
export const hasRdiff =
  process.env['CI'] === 'true' || spawnSync('rdiff', ['--version']).status === 0;

export function rdiffSignature(file: Uint8Array, blockLength: number): Buffer {
  return rdiff(
    ['-H', 'md4', '-R', 'rollsum', '-S', '8', '-b', String(blockLength), 'signature'],
    [file],
  );
}

export function rdiffDelta(signature: Uint8Array, file: Uint8Array): Buffer {
  return rdiff(['delta'], [signature, file]);
}

export function rdiffPatch(basis: Uint8Array, delta: Uint8Array): Buffer {
  return rdiff(['patch'], [basis, delta]);
}

/** Runs rdiff on inputs given as bytes; throws with its message when it fails. */
export function rdiff(args: readonly string[], inputs: readonly Uint8Array[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'duplifs-rdiff-'));
  try {
    const paths = inputs.map((bytes, i) => {
      const path = join(folder, `input-${i}`);
      writeFileSync(path, bytes);
      return path;
    });
    const output = join(folder, 'output');
    execFileSync('rdiff', ['-f', ...args, ...paths, output], { stdio: 'pipe' });
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
