/** What changed between two trees, as lines and as JSON. */
import type { Change, ChangeKind, Comparable } from '../queries/index.js';
import { jsonOfName } from './entry-json.js';
import { pathBytes, sizeText } from './entry-text.js';

/** As restic has them; of another type it is "T". */
const marks: Readonly<Record<ChangeKind, string>> = {
  added: '+',
  removed: '-',
  changed: 'M',
  metadata: 'U',
};

/** A mark, the path, sizes, and in what it differs. */
export function textOfChange({ path, kind, before, after, fields }: Change): Buffer {
  const mark = fields[0] === 'type' ? 'T' : marks[kind];
  const sizes = [before, after].flatMap((side) => (side?.type === 'reg' ? [sizeText(side)] : []));
  const notes = [...new Set(sizes)].join(' -> ');
  const told = [notes, fields.join(', ')].filter((text) => text !== '').join('; ');
  return Buffer.concat([
    Buffer.from(`${mark} `),
    pathBytes(path),
    Buffer.from(told === '' ? '' : ` (${told})`),
  ]);
}

export function jsonOfChange({ path, kind, before, after, fields }: Change): object {
  return {
    ...jsonOfName('path', path),
    change: kind,
    fields,
    before: before && jsonOfSide(before),
    after: after && jsonOfSide(after),
  };
}

function jsonOfSide(side: Comparable): object {
  const { type, mode, uid, gid, mtimeSeconds, size, sizeLimit, linkTarget, device } = side;
  return {
    type,
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    mtime: mtimeSeconds,
    size: type === 'reg' ? (size ?? null) : undefined,
    sizeLimit: type === 'reg' && size === undefined ? sizeLimit : undefined,
    ...jsonOfName('linkTarget', linkTarget),
    device: device && [device.major, device.minor],
  };
}

interface Count {
  entries: number;
  /** Of regular files, before and after; upper bounds where an exact size is not known. */
  bytesBefore: number;
  bytesAfter: number;
  /** Files among them whose sizes are not known. */
  unknownSizes: number;
}

/** What `--stat` tells. */
export class ChangeCounts {
  readonly #counts: Record<ChangeKind, Count> = {
    added: noCount(),
    removed: noCount(),
    changed: noCount(),
    metadata: noCount(),
  };

  add({ kind, before, after }: Change): void {
    const count = this.#counts[kind];
    count.entries += 1;
    count.bytesBefore += bytesOf(before);
    count.bytesAfter += bytesOf(after);
    if (isUnknown(before) || isUnknown(after)) count.unknownSizes += 1;
  }

  json(): object {
    return this.#counts;
  }

  lines(): string[] {
    return Object.entries(this.#counts).map(([kind, count]) => {
      const { entries, bytesBefore, bytesAfter, unknownSizes } = count;
      const bytes =
        kind === 'changed'
          ? `${bytesBefore} -> ${bytesAfter} bytes`
          : kind === 'metadata'
            ? ''
            : `${kind === 'added' ? bytesAfter : bytesBefore} bytes`;
      const atMost = unknownSizes > 0 ? ` at most (${unknownSizes} sizes are not known)` : '';
      const word = kind === 'metadata' ? 'metadata only' : kind;
      return `${word.padEnd(13)} ${String(entries).padStart(9)} entries ${bytes}${atMost}`.trimEnd();
    });
  }
}

function noCount(): Count {
  return { entries: 0, bytesBefore: 0, bytesAfter: 0, unknownSizes: 0 };
}

function bytesOf(side: Comparable | undefined): number {
  return side?.type === 'reg' ? (side.size ?? side.sizeLimit ?? 0) : 0;
}

function isUnknown(side: Comparable | undefined): boolean {
  return side?.type === 'reg' && side.size === undefined;
}
