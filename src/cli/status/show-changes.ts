/** `collection-status --show-changes-in-set`, `--file-changed`, `--jsonstat`: what the manifests and statistics of sets hold. */
import { gunzipSync } from 'node:zlib';
import type { BackupSet } from '../../archive/index.js';
import { DuplifsError } from '../../base/index.js';
import type { Repository } from '../../repository/index.js';
import { formatStamp } from '../../time/index.js';
import { changesLines, fileHistoryLines } from './changes-text.js';
import type { FileHistory, SetChanges } from './changes-text.js';

/** Statistics are some hundred bytes. */
const maxStatisticsBytes = 1 << 20;

/** The sets that an index names: 0 is the newest of the chain that is continued, -1 all of it. */
export function setsAt(repository: Repository, index: number): readonly BackupSet[] {
  const sets = newestChain(repository);
  if (index === -1) return sets;
  const set = sets.at(-1 - index);
  if (set !== undefined && index >= 0) return [set];
  throw new DuplifsError('USAGE', `There is no set ${index}: the newest chain has ${sets.length}`, {
    hint: 'Count from 0, the newest, on; -1 is for all of the chain',
  });
}

/** The chain that is continued, else that which ended last. */
function newestChain({ collection }: Repository): readonly BackupSet[] {
  const chain = collection.primary?.chain ?? collection.chains.at(-1);
  const sets = chain?.sets.filter(({ complete }) => complete) ?? [];
  if (sets.length > 0) return sets;
  throw new DuplifsError('NO_BACKUP', 'No backup chains found');
}

export async function changesText(
  repository: Repository,
  sets: readonly BackupSet[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const set of sets) {
    for (const line of changesLines(await changesOf(repository, set, signal))) lines.push(line);
  }
  return lines;
}

/** The sets of the newest chain that changed a file. */
export async function fileHistoryText(
  repository: Repository,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const versions: FileHistory['versions'][number][] = [];
  for (const set of newestChain(repository)) {
    const { changes } = await changesOf(repository, set, signal);
    const found = changes.find((one) => one.path === path);
    if (found !== undefined) versions.push({ set, change: found.change });
  }
  return fileHistoryLines({ path, versions });
}

/** As duplicity 3 prints it: by set, the statistics that are stored beside it and the files that it changed. */
export async function changesJson(
  repository: Repository,
  sets: readonly BackupSet[],
  signal: AbortSignal,
): Promise<object> {
  const all: Record<string, object> = {};
  for (const set of sets) {
    const { changes } = await changesOf(repository, set, signal);
    const files = Object.fromEntries(changes.map(({ path, change }) => [path, change]));
    const { kind, endSeconds } = set.times;
    all[`${kind}-${formatStamp(endSeconds)}`] = {
      json_stat: await statisticsOf(repository, set, signal),
      files_changed: files,
    };
  }
  return all;
}

async function changesOf(
  repository: Repository,
  set: BackupSet,
  signal: AbortSignal,
): Promise<SetChanges> {
  const { fileList = [] } = await repository.manifestWithFiles(set, signal);
  return { set, changes: fileList };
}

/** What `--jsonstat` has stored with the set; nothing where it was not given. */
async function statisticsOf(
  repository: Repository,
  set: BackupSet,
  signal: AbortSignal,
): Promise<unknown> {
  const [stored] = set.statistics;
  if (stored === undefined) return {};
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of repository.decodeStored(stored, signal)) {
    length += chunk.length;
    if (length > maxStatisticsBytes) break;
    parts.push(chunk);
  }
  const bytes = Buffer.concat(parts);
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  try {
    const plain = isGzip ? gunzipSync(bytes, { maxOutputLength: maxStatisticsBytes }) : bytes;
    return JSON.parse(plain.toString());
  } catch (error) {
    throw new DuplifsError('DAMAGED', `"${stored.name}" holds no statistics`, { cause: error });
  }
}
