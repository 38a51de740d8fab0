/**
 * The command line as bytes. Node.js decodes arguments as UTF-8 and loses what is not; where the system
 * tells the bytes, they are taken from there, in the form of base/names.
 */
import { readFileSync } from 'node:fs';
import { decodeName } from '../base/index.js';
import { publicUrl } from '../storage/index.js';
import { handedOverArguments } from './hand-over.js';

/** The arguments after the script's name, or those that another process of duplifs has handed over. */
export function commandLine(): readonly string[] {
  const handedOver = handedOverArguments();
  if (handedOver !== undefined) return handedOver;
  const decoded = process.argv.slice(2);
  if (!decoded.some((argument) => argument.includes('\ufffd'))) return decoded;
  const exact = rawArguments().slice(-decoded.length);
  return exact.length === decoded.length ? exact : decoded;
}

/** Takes passwords in URLs out of what the list of processes shows of this one. */
export function hidePasswords(args: readonly string[]): void {
  if (handedOverArguments() !== undefined) return; // its own arguments show none
  const shown = args.map(publicUrl);
  if (shown.join('\0') !== args.join('\0')) process.title = ['duplifs', ...shown].join(' ');
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
