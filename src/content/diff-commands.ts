/** The commands of a diff's delta: from its map where there is one, or from the delta itself, whose map is kept then. */
import { DeltaMapWriter, lengthOfDeltaMap, readDeltaMap } from '../archive/index.js';
import type { MappedDelta } from '../archive/index.js';
import { DuplifsError, isDuplifsError } from '../base/index.js';
import type { CatalogEntry, DeltaMaps } from '../catalog/index.js';
import { readDeltaCommands } from '../librsync/index.js';
import type { DeltaCommands, ReadDelta } from '../librsync/index.js';

export interface DiffToApply {
  readonly deltaMaps: DeltaMaps;
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
 * @throws DuplifsError DAMAGED when the delta breaks the format, is cut short, or copies what its basis does not have,
 *     and, where it is to be read, when another map was known of it; the right one is kept then
 */
export async function* commandsOfDiff(
  options: DiffToApply,
): AsyncGenerator<DeltaCommands, void, undefined> {
  const { deltaMaps, diff, name, basisLength, deltaLength, read } = options;
  const known = usableMap(options);
  if (known !== undefined && !options.isRead) {
    yield* readDeltaMap(known, limitsOf(options));
    return;
  }
  const writer = new DeltaMapWriter();
  for await (const commands of readDeltaCommands(read, deltaLength, { name, basisLength })) {
    addTo(writer, commands);
    yield commands;
  }
  const { map } = writer;
  if (map === undefined) return;
  deltaMaps.put(diff.setId, diff.id, map);
  if (known === undefined || known.equals(map)) return;
  throw new DuplifsError(
    'DAMAGED',
    `The map that was known of the change of "${name}" is not its own`,
    {
      hint: 'Parts of this file that were read before may be wrong; from now on they are read by the right map',
    },
  );
}

/** A map that is none, or of another delta, is forgotten: the delta itself tells then. */
function usableMap(options: DiffToApply): Buffer | undefined {
  const { deltaMaps, diff } = options;
  const map = deltaMaps.of(diff.setId, diff.id);
  if (map === undefined) return undefined;
  try {
    const length = lengthOfDeltaMap(map, limitsOf(options));
    if (diff.size === undefined || diff.size === length) return map;
  } catch (error) {
    if (!isDuplifsError(error, 'DAMAGED')) throw error;
  }
  deltaMaps.remove(diff.setId, diff.id);
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
