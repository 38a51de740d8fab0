/** One profile file as values, with the place of each key. What others may write to is not taken: it can run commands. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { DuplifsError, diskErrorCode, errorText } from '../../base/index.js';
import { keyLinesOf } from './key-lines.js';
import type { KeyLines } from './key-lines.js';

const maxFileBytes = 1024 * 1024;

export type TomlTable = Readonly<Record<string, unknown>>;

export interface ProfileFile {
  readonly path: string;
  readonly values: TomlTable;
  readonly lines: KeyLines;
  /** Whether others than its owner may read it. */
  readonly isOpenToOthers: boolean;
}

/**
 * Reads and parses a file; undefined when there is none.
 * @throws DuplifsError PROFILE when it cannot be read or parsed, or others may write to it
 */
export async function readProfileFile(path: string): Promise<ProfileFile | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(diskErrorCode(error) ?? '')) return undefined;
    throw cannotRead(path, error);
  }
  try {
    const { mode, uid, size } = await file.stat();
    refuseForeign(path, mode, uid);
    if (size > maxFileBytes) throw cannotRead(path, `it is larger than ${maxFileBytes} bytes`);
    const text = await file.readFile('utf8');
    return {
      path,
      values: await parseToml(path, text),
      lines: keyLinesOf(text),
      isOpenToOthers: (mode & 0o044) !== 0,
    };
  } finally {
    await file.close();
  }
}

/** The values of a text. */
export async function parseToml(path: string, text: string): Promise<TomlTable> {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.replace(/^Invalid TOML document: /, '').split('\n');
    throw new DuplifsError('PROFILE', `${path}:${error.line}: This is not TOML: ${what}`, {
      hint: 'Mend that line; text is written between quotes',
      cause: error,
    });
  }
}

function refuseForeign(path: string, mode: number, uid: number): void {
  if ((mode & 0o022) !== 0) {
    throw new DuplifsError('PROFILE', `Others may write to "${path}", which can run commands`, {
      hint: `Run: chmod go-w "${path}"`,
    });
  }
  const own = process.getuid?.();
  if (own !== undefined && uid !== own && uid !== 0) {
    throw new DuplifsError('PROFILE', `"${path}" belongs to user ${uid}, not to you or root`, {
      hint: `If it is yours, run: chown ${own} "${path}"`,
    });
  }
}

function cannotRead(path: string, error: unknown): DuplifsError {
  return new DuplifsError('PROFILE', `Cannot read the profile "${path}": ${errorText(error)}`, {
    cause: error,
  });
}
