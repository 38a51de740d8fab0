/**
 * The command line as bytes. Node.js decodes arguments as UTF-8 and loses what is not; where the system
 * tells the bytes, they are taken from there, in the form of base/names.
 */
import { readFileSync } from 'node:fs';
import { decodeName } from '../base/index.js';

/** The arguments after the script's name. */
export function commandLine(): string[] {
  const decoded = process.argv.slice(2);
  if (!decoded.some((argument) => argument.includes('\ufffd'))) return decoded;
  const exact = rawArguments().slice(-decoded.length);
  return exact.length === decoded.length ? exact : decoded;
}

function rawArguments(): string[] {
  try {
    const bytes = readFileSync('/proc/self/cmdline');
    const found: string[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = bytes.indexOf(0, at);
      found.push(decodeName(bytes.subarray(at, end < 0 ? bytes.length : end)));
      at = end < 0 ? bytes.length : end + 1;
    }
    return found;
  } catch {
    return []; // not Linux
  }
}
