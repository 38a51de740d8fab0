/** The sigtar in the making, read back: it may end anywhere, for its run was killed. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { SigtarParser } from '../../archive/index.js';
import type { SigtarEntry } from '../../archive/index.js';
import { isDuplifsError } from '../../base/index.js';
import { localNames } from '../plan/set-plan.js';
import type { SetPlan } from '../plan/set-plan.js';

/** The whole entries of the part, and where each ends; what follows them is left. */
export async function* signaturePartEntries(
  plan: Pick<SetPlan, 'times' | 'prefixes' | 'archiveFolder'>,
): AsyncGenerator<{ readonly entry: SigtarEntry; readonly end: number }> {
  const partPath = join(plan.archiveFolder, localNames(plan).signaturesPart);
  let begun: { entry: SigtarEntry; end: number } | undefined;
  let ended: { entry: SigtarEntry; end: number }[] = [];
  let blocks = 0;
  const parser = new SigtarParser(partPath, {
    entry: (entry) => {
      const data = entry.kind === 'deleted' ? 0 : entry.signatureLength;
      begun = { entry, end: (blocks + Math.ceil(data / blockBytes)) * blockBytes };
    },
    data: () => undefined,
    entryEnd: () => {
      if (begun !== undefined) ended.push(begun);
      begun = undefined;
    },
  });
  try {
    // block by block, so that it is known in which one an entry begins
    for await (const block of blocksOf(createReadStream(partPath))) {
      blocks += 1;
      parser.push(block);
      yield* ended;
      ended = [];
    }
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED') && !isMissing(error)) throw error;
  }
}

const blockBytes = 512;

async function* blocksOf(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    for (; at + blockBytes <= bytes.length; at += blockBytes) {
      yield bytes.subarray(at, at + blockBytes);
    }
    rest = bytes.subarray(at);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
