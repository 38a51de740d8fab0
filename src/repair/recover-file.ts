/** Makes a damaged file whole from the recovery data beside it, by the program par2. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { StoredFile, VolumeHash } from '../archive/index.js';
import { DuplifsError, runProgram } from '../base/index.js';
import { newSpool, OpenFile } from '../storage/index.js';
import type { Target } from '../target/index.js';
import { decodeFile } from '../volume/index.js';
import { recoveryDataOf } from './recovery-names.js';

export interface Recovery {
  readonly target: Target;
  readonly file: StoredFile;
  /** What the file must have: that of the manifest, for volumes. */
  readonly hash: VolumeHash | undefined;
  readonly storedNames: Iterable<string>;
  readonly tempFolder: string;
  /** Called when the file is whole; throws when it must not be put. */
  readonly beforePut: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Fetches file and recovery data, repairs them, and puts the file back where it is what it must be then.
 * @throws DuplifsError DAMAGED when there is not recovery data enough; USAGE when there is no such program
 */
export async function recoverFile(recovery: Recovery): Promise<void> {
  const { target, file, storedNames, tempFolder, beforePut, signal } = recovery;
  const { name } = file;
  const spool = await newSpool(tempFolder);
  try {
    const data = recoveryDataOf(name, storedNames);
    for (const one of [name, ...data]) {
      await pipeline(
        target.storage.read(one, undefined, signal),
        createWriteStream(join(spool.folder, one), { mode: 0o600, flags: 'wx' }),
        { signal },
      );
    }
    const args = ['repair', '-q', '-q', `${name}.par2`];
    const { exitCode, stderr } = await runProgram('par2', args, {
      startError: { code: 'USAGE', hint: 'Install par2 (Debian: apt install par2)' },
      cwd: spool.folder,
      signal,
    });
    if (exitCode !== 0) {
      const why = stderr.trim().split('\n').at(-1) ?? '';
      throw new DuplifsError(
        'DAMAGED',
        `par2 cannot make "${name}" whole (exit code ${exitCode ?? 'none'})${why === '' ? '' : `: ${why}`}`,
      );
    }
    await verify(recovery, join(spool.folder, name));
    await beforePut();
    await put(recovery, join(spool.folder, name));
  } finally {
    await spool.remove();
  }
}

/** Whoever can write to the storage can write recovery data as well: what it makes is held against what is known. */
async function verify({ target, file, hash, signal }: Recovery, path: string): Promise<void> {
  const reader = { read: () => createReadStream(path) };
  const { name, container } = file;
  const options = { ...target.decode, signKey: target.signKeyFor(file.times), signal };
  const digest = createHash('sha256');
  for await (const chunk of decodeFile(reader, { name, container, hash }, options)) {
    digest.update(chunk);
  }
}

async function put({ target, file: { name }, signal }: Recovery, path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    await target.storage.write(name, new OpenFile(file, size), { size, signal });
  } finally {
    await file.close();
  }
}
