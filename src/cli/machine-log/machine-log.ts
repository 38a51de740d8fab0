/** Where records go: an open file descriptor, a file, or both. Each is written at once, for who reads waits for it. */
import { fstatSync, openSync, writeSync } from 'node:fs';
import { DuplifsError, encodeName, errorText } from '../../base/index.js';
import { expandPath } from '../line/index.js';
import { shownFrom } from '../verbosity.js';
import type { LogLevel } from '../verbosity.js';
import { generic, recordText } from './record.js';
import type { RecordKind } from './record.js';

export interface MachineLogPlaces {
  readonly descriptor?: string | undefined;
  readonly file?: string | undefined;
}

export class MachineLog {
  readonly #descriptors: number[] = [];

  /** @throws DuplifsError USAGE when it cannot be written there */
  constructor({ descriptor, file }: MachineLogPlaces) {
    if (descriptor !== undefined) this.#descriptors.push(openDescriptor(descriptor));
    if (file === undefined) return;
    try {
      this.#descriptors.push(openSync(encodeName(expandPath(file, process.env)), 'a', 0o600));
    } catch (error) {
      throw new DuplifsError('USAGE', `Cannot write the log "${file}": ${errorText(error)}`, {
        cause: error,
      });
    }
  }

  get isOpen(): boolean {
    return this.#descriptors.length > 0;
  }

  /** Writes a record, unless the verbosity hides its level. */
  write(
    { level, verbosity }: { readonly level: LogLevel; readonly verbosity: number },
    message: string | undefined,
    kind: RecordKind = generic,
  ): void {
    if (!this.isOpen || verbosity < shownFrom[level]) return;
    const bytes = encodeName(recordText(level, kind, message));
    for (const descriptor of [...this.#descriptors]) this.#put(descriptor, bytes);
  }

  #put(descriptor: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      try {
        at += writeSync(descriptor, bytes, at);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
          Atomics.wait(pause, 0, 0, 10); // a reader that is slow
          continue;
        }
        // a reader that has gone is no reason to lose a backup
        this.#descriptors.splice(this.#descriptors.indexOf(descriptor), 1);
        return;
      }
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Of those that are open some are Node.js's own: what is no file, pipe, socket or device is not who called's. */
function openDescriptor(text: string): number {
  const number = Number(text);
  try {
    if (!/^\d+$/.test(text)) throw new Error('it is no number');
    const stats = fstatSync(number);
    const isPlain = stats.isFile() || stats.isFIFO() || stats.isSocket();
    if (!isPlain && !stats.isCharacterDevice()) throw new Error('nothing is open there');
    return number;
  } catch (error) {
    throw new DuplifsError('USAGE', `Cannot write to descriptor ${text}: ${errorText(error)}`, {
      hint: 'Open it where duplifs is started: 3>log duplifs … --log-fd 3',
      cause: error,
    });
  }
}

let current = new MachineLog({});

/** The log of this process; it writes nothing where none was asked for. */
export function machineLog(): MachineLog {
  return current;
}

export function openMachineLog(places: MachineLogPlaces): void {
  current = new MachineLog(places);
}
