/** A secret from where the profile says that it is. */
import { open } from 'node:fs/promises';
import { DuplifsError, errorText, runProgram } from '../../base/index.js';
import { expandHome } from '../file/profile-places.js';
import type { SecretSource } from '../schema.js';

const maxBytes = 64 * 1024;
const timeoutSeconds = 300;

/**
 * The secret's bytes, without the line feed at their end.
 * @param what what it is for, in errors: "PASSPHRASE of profile laptop"
 * @throws DuplifsError KEY
 */
export async function resolveSecret(
  source: SecretSource,
  what: string,
  signal?: AbortSignal,
): Promise<Buffer> {
  if (typeof source === 'string') return Buffer.from(source);
  if ('file' in source) return await fromFile(expandHome(source.file), what);
  if ('environment' in source) return fromEnvironment(source.environment, what);
  if ('command' in source) {
    const { command } = source;
    const words = typeof command === 'string' ? ['sh', '-c', command] : command;
    return await fromProgram(words, what, signal);
  }
  const attributes = Object.entries(source['secret-service']).flat();
  return await fromProgram(['secret-tool', 'lookup', ...attributes], what, signal);
}

async function fromFile(path: string, what: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { mode, size } = await file.stat();
      if ((mode & 0o044) !== 0) {
        throw new DuplifsError('KEY', `Others may read "${path}", which holds the ${what}`, {
          hint: `Run: chmod 600 "${path}"`,
        });
      }
      if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
      return trimmed(await file.readFile(), what);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DuplifsError) throw error;
    throw new DuplifsError('KEY', `Cannot read the ${what}: ${errorText(error)}`, { cause: error });
  }
}

function fromEnvironment(name: string, what: string): Buffer {
  const value = process.env[name];
  if (value !== undefined && value !== '') return Buffer.from(value);
  throw new DuplifsError(
    'KEY',
    `The ${what} is to come from the variable ${name}, which is not set`,
  );
}

async function fromProgram(
  words: readonly string[],
  what: string,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const [program = '', ...args] = words;
  const { exitCode, stdout, stderr } = await runProgram(program, args, {
    startError: { code: 'KEY', hint: `Install "${program}", which is to give the ${what}` },
    environmentOf: 'gpg',
    maxOutputBytes: maxBytes,
    timeoutSeconds,
    signal,
  });
  if (exitCode === 0) return trimmed(stdout, what);
  const why = stderr.trim().split('\n').at(-1) ?? '';
  throw new DuplifsError(
    'KEY',
    `The program "${program}", which is to give the ${what}, ended with ${exitCode ?? 'a signal'}${why === '' ? '' : `: ${why}`}`,
    { hint: 'Run it by hand to see what it lacks' },
  );
}

function trimmed(bytes: Buffer, what: string): Buffer {
  let end = bytes.length;
  if (bytes[end - 1] === 0x0a) end -= 1;
  if (bytes[end - 1] === 0x0d) end -= 1;
  if (end === 0) throw new DuplifsError('KEY', `The ${what} is empty`);
  return bytes.subarray(0, end);
}
