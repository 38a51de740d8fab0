/** What is mounted, from /proc/self/mountinfo (proc(5)); on systems without it, nothing is known. */
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodeName } from '../base/index.js';

export interface MountEntry {
  readonly id: number;
  /** "major:minor" of the mounted device. */
  readonly device: string;
  readonly mountpoint: string;
  /** For ours: "fuse.duplifs". */
  readonly type: string;
  readonly source: string;
}

/** autofs's own, and systemd's. */
export const automountType = 'autofs';
const mountinfoPath = '/proc/self/mountinfo';
const spaceByte = 0x20;
const backslashByte = 0x5c;

/** The mounts that this process sees, in the order in which they were made; a later one hides an earlier. */
export async function readMounts(): Promise<readonly MountEntry[]> {
  let bytes: Buffer;
  try {
    bytes = await readFile(mountinfoPath);
  } catch {
    return [];
  }
  return parseMountinfo(bytes);
}

/** The mount that is seen at exactly this path. */
export async function mountAt(mountpoint: string): Promise<MountEntry | undefined> {
  return (await readMounts()).findLast((entry) => entry.mountpoint === mountpoint);
}

/** Whether a path, without links, is mounted on demand: by a direct map of autofs or by systemd, or by an indirect map. */
export async function isOnAutomount(path: string): Promise<boolean> {
  const places = [path, dirname(path)];
  return (await readMounts()).some(
    ({ type, mountpoint }) => type === automountType && places.includes(mountpoint),
  );
}

export function parseMountinfo(bytes: Uint8Array): readonly MountEntry[] {
  const entries: MountEntry[] = [];
  for (const line of splitAt(bytes, 0x0a)) {
    const fields = splitAt(line, spaceByte).map(unescapeField);
    const dash = fields.indexOf('-', 6);
    const [id, , device, , mountpoint] = fields;
    const [type, source] = dash < 0 ? [] : fields.slice(dash + 1);
    if (id === undefined || device === undefined || mountpoint === undefined) continue;
    if (type === undefined || source === undefined) continue;
    entries.push({ id: Number(id), device, mountpoint, type, source });
  }
  return entries;
}

function splitAt(bytes: Uint8Array, separator: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at += 1) {
    if (at < bytes.length && bytes[at] !== separator) continue;
    parts.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return parts;
}

/** The kernel writes space, tab, newline and backslash as "\" and three octal digits. */
function unescapeField(field: Uint8Array): string {
  const bytes: number[] = [];
  for (let at = 0; at < field.length; at += 1) {
    const byte = field[at] ?? 0;
    const digits = Buffer.from(field.subarray(at + 1, at + 4)).toString('latin1');
    if (byte === backslashByte && /^[0-3][0-7]{2}$/.test(digits)) {
      bytes.push(Number.parseInt(digits, 8));
      at += 3;
    } else {
      bytes.push(byte);
    }
  }
  return decodeName(Uint8Array.from(bytes));
}
