/** The commands of a diff's delta: from its map where there is one, or from the delta itself, whose map is kept then. */
import { DeltaMapWriter, lengthOfDeltaMap, readDeltaMap } from '../archive/index.js';
import type { MappedDelta } from '../archive/index.js';
import { DuplifsError, isDuplifsError } from '../base/index.js';
import type { Catalog, CatalogEntry } from '../catalog/index.js';
import { readDeltaCommands } from '../librsync/index.js';
import type { DeltaCommands, ReadDelta } from '../librsync/index.js';

export interface DiffToApply {
  readonly catalog: Pick<Catalog, 'deltaMapOf' | 'putDeltaMap' | 'removeDeltaMap'>;
  readonly diff: Pick<CatalogEntry, 'id' | 'setId' | 'size'>;
  /** What errors call the file. */
  readonly name: string;
  readonly basisLength: number;
  readonly deltaLength: number;
  readonly read: ReadDelta;
  /** Whether the delta is to be read whatever is known of it. */
  readonly isRead: boolean;
}

/**
 * In batches that follow each other.
 *
 * @throws DuplifsError DAMAGED when the delta breaks the format, is cut short, or copies what its basis does not have
 */
export async function* commandsOfDiff(
  options: DiffToApply,
): AsyncGenerator<DeltaCommands, void, undefined> {
  const { catalog, diff, name, basisLength, deltaLength, read } = options;
  const map = options.isRead ? undefined : usableMap(options);
  if (map !== undefined) {
    yield* readDeltaMap(map, limitsOf(options));
    return;
  }
  const writer = new DeltaMapWriter();
  for await (const commands of readDeltaCommands(read, deltaLength, { name, basisLength })) {
    addTo(writer, commands);
    yield commands;
  }
  if (writer.map !== undefined) catalog.putDeltaMap(diff.setId, diff.id, writer.map);
}

/** A map that is none, or of another delta, is forgotten: the delta itself tells then. */
function usableMap(options: DiffToApply): Buffer | undefined {
  const { catalog, diff } = options;
  const map = catalog.deltaMapOf(diff.setId, diff.id);
  if (map === undefined) return undefined;
  try {
    const length = lengthOfDeltaMap(map, limitsOf(options));
    if (diff.size === undefined || diff.size === length) return map;
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED')) throw error;
  }
  catalog.removeDeltaMap(diff.setId, diff.id);
  return undefined;
}

function limitsOf({ name, basisLength, deltaLength }: DiffToApply): MappedDelta {
  const fail = (what: string): DuplifsError => new DuplifsError('DAMAGED', `"${name}" ${what}`);
  return { deltaLength, basisLength, fail };
}

function addTo(writer: DeltaMapWriter, commands: DeltaCommands): void {
  for (let index = 0; index < commands.count; index += 1) {
    const source = commands.source[index] ?? 0;
    const length = commands.length[index] ?? 0;
    if (commands.literalFlag[index] === 1) writer.literal(source, length);
    else writer.copy(source, length);
  }
}
