/**
 * One file for each run, written line by line as things happen, so that a run that is killed has told all until then. A
 * log that cannot be written never ends a run: it is told once.
 */
import { chmodSync, chownSync, closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorText, NameTable } from '../../base/index.js';
import { formatFolderName } from '../../time/index.js';
import { expandHome, stateFolder } from '../file/profile-places.js';
import type { LogSettings } from '../schema.js';
import type { Redact } from './redact.js';

/** Where a line comes from: "backup", "before", "run". */
export interface LogLine {
  readonly step: string;
  readonly stream: 'out' | 'err';
  readonly text: string;
}

export interface RunLogOptions {
  readonly profile: string;
  readonly settings: LogSettings;
  readonly startedSeconds: number;
  readonly redact: Redact;
  /** Told once when the log cannot be written. */
  readonly onFailure: (message: string) => void;
}

const mostOfOneSecond = 1000;
export const logNamePattern = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(?:-\d+)?\.(?:log|jsonl)$/;

/** The folder with a profile's logs. */
export function logFolder(profile: string, { folder }: LogSettings): string {
  return folder === undefined ? stateFolder(profile) : join(expandHome(folder), profile);
}

export class RunLog {
  readonly #options: RunLogOptions;
  readonly #isJson: boolean;
  /** Undefined where it could not be made. */
  readonly path: string | undefined;
  #descriptor: number | undefined;

  constructor(options: RunLogOptions) {
    this.#options = options;
    this.#isJson = options.settings.format === 'json';
    try {
      const { path, descriptor } = this.#create();
      this.path = path;
      this.#descriptor = descriptor;
    } catch (error) {
      options.onFailure(`No log of this run can be written: ${errorText(error)}`);
    }
  }

  write({ step, stream, text }: LogLine): void {
    if (this.#descriptor === undefined) return;
    const time = new Date().toISOString();
    const shown = this.#options.redact(text);
    const line = this.#isJson
      ? JSON.stringify({ time, step, stream, text: shown })
      : `${time} ${step}: ${shown}`;
    try {
      writeWhole(this.#descriptor, Buffer.from(`${line}\n`));
    } catch (error) {
      this.close();
      this.#options.onFailure(`The log of this run ends here: ${errorText(error)}`);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #create(): { readonly path: string; readonly descriptor: number } {
    const { profile, settings, startedSeconds } = this.#options;
    const folder = logFolder(profile, settings);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stamp = formatFolderName(startedSeconds);
    const ending = this.#isJson ? 'jsonl' : 'log';
    const mode = Number.parseInt(settings.mode ?? '600', 8);
    for (let count = 1; ; count += 1) {
      const path = join(folder, `${stamp}${count === 1 ? '' : `-${count}`}.${ending}`);
      try {
        const descriptor = openSync(path, 'ax', 0o600);
        this.#giveAway(folder, path, mode);
        return { path, descriptor };
      } catch (error) {
        const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
        if (!isTaken || count >= mostOfOneSecond) throw error;
      }
    }
  }

  /** What cannot be done is told; the log is written all the same. */
  #giveAway(folder: string, path: string, mode: number): void {
    const { settings, onFailure } = this.#options;
    try {
      const uid = idOf('passwd', settings.owner);
      const gid = idOf('group', settings.group);
      if (uid !== undefined || gid !== undefined) {
        for (const place of [folder, path]) chownSync(place, uid ?? -1, gid ?? -1);
      }
      chmodSync(path, mode);
      // who may read the logs may also list them
      if (settings.mode !== undefined)
        chmodSync(folder, 0o700 | ((mode & 0o044) >> 2) | (mode & 0o044));
    } catch (error) {
      onFailure(`The log keeps its owner and mode: ${errorText(error)}`);
    }
  }
}

function idOf(
  database: 'passwd' | 'group',
  given: string | number | undefined,
): number | undefined {
  if (given === undefined || typeof given === 'number') return given;
  const id = new NameTable(database).id(given);
  if (id !== undefined) return id;
  throw new Error(`this machine knows no ${database === 'passwd' ? 'user' : 'group'} "${given}"`);
}

/** A disk that is full can take a part. */
function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}
