/** Folders that a test makes and that are gone after it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A function that makes folders of that mode; all of them are removed once the tests of the file have ended. */
export function temporaryFolders(mode = 0o700): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'duplifs-test-'));
    chmodSync(folder, mode);
    made.push(folder);
    return folder;
  };
}
