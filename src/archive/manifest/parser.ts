/**
 * Reads manifests, line by line. What is accepted is what duplicity accepts (docs/format/1-bytes.md 3.2);
 * where duplicity crashes we say which line is wrong. A volume without a usable hash is kept: the
 * reader decides what that is worth.
 */
import { DuplifsError } from '../../base/index.js';
import type { Fail } from '../damaged.js';
import { pathInName } from '../entry.js';
import type { FileChange, Manifest, ManifestVolume, VolumeHash } from './manifest.js';
import { hashOf, NamedFiles } from './named-files.js';
import { splitWord, textOf, unquote } from './quoting.js';

export interface ManifestOptions {
  /** Whether to keep the list of files, which is as long as the set has changed files. Default true. */
  readonly fileList?: boolean;
  /** Whether to keep hashes of the paths of new and changed files. Default false. */
  readonly namedFiles?: boolean;
  /** A manifest of more volumes is refused. Default a million. */
  readonly maxVolumes?: number | undefined;
}

const maxLineBytes = 1 << 20;
const maxVolumes = 1_000_000;
const lineFeed = 0x0a;

interface OpenVolume {
  readonly number: number;
  readonly fail: Fail;
  start?: Place;
  end?: Place;
  readonly hashes: Map<string, string>;
}

interface Place {
  readonly path: string;
  readonly block: number | undefined;
}

/** Parses a whole manifest. Throws DAMAGED, naming file and line. */
export function parseManifest(
  bytes: Buffer,
  fileName: string,
  options: ManifestOptions = {},
): Manifest {
  const parser = new ManifestParser(fileName, options);
  parser.push(bytes);
  return parser.end();
}

/** The push parser behind parseManifest, for manifests that are too long to be held. */
export class ManifestParser {
  readonly #fileName: string;
  readonly #keepFiles: boolean;
  readonly #maxVolumes: number;
  #held: Buffer[] = [];
  #heldLength = 0;
  #lineNumber = 0;
  #hostname: string | undefined;
  #localDir: string | undefined;
  #volume: OpenVolume | undefined;
  readonly #volumes: ManifestVolume[] = [];
  #files: FileChange[] | undefined;
  /** Hashes of paths; undefined where nobody asks. */
  readonly #named: number[] | undefined;
  /** Lines of the file list that are still to come. */
  #filesLeft = 0;
  /** Whether a list of files has come since the last volume. */
  #isClosed = false;

  /** `fileName` is what errors call the manifest. */
  constructor(fileName: string, options: ManifestOptions = {}) {
    this.#fileName = fileName;
    this.#keepFiles = options.fileList ?? true;
    this.#named = options.namedFiles === true ? [] : undefined;
    this.#maxVolumes = options.maxVolumes ?? maxVolumes;
  }

  /** Parses the next bytes. Throws DAMAGED. */
  push(chunk: Buffer): void {
    let at = this.#heldLength === 0 ? this.#passFiles(chunk) : 0;
    for (let end = chunk.indexOf(lineFeed, at); end >= 0; end = chunk.indexOf(lineFeed, at)) {
      this.#line(this.#join(chunk.subarray(at, end)));
      at = this.#passFiles(chunk, end + 1);
    }
    if (at < chunk.length) this.#hold(chunk.subarray(at));
  }

  /** Passes whole lines of a file list that is not kept; where the next line begins. */
  #passFiles(chunk: Buffer, from = 0): number {
    if (this.#files !== undefined || this.#named !== undefined) return from;
    let lineStart = from;
    for (let at = from; this.#filesLeft > 0 && at < chunk.length; at += 1) {
      if (chunk[at] !== lineFeed) continue;
      if (!isIndented(chunk, lineStart)) break;
      this.#filesLeft -= 1;
      this.#lineNumber += 1;
      lineStart = at + 1;
    }
    return lineStart;
  }

  /** The manifest ended; its last line may lack its line feed. Throws DAMAGED, also when it ends within its list of files. */
  end(): Manifest {
    if (this.#heldLength > 0) this.#line(this.#join(Buffer.alloc(0)));
    this.#closeVolume();
    if (this.#filesLeft > 0) {
      throw this.#failAt(this.#lineNumber)('is the last, and more files should follow it');
    }
    return {
      hostname: this.#hostname,
      localDir: this.#localDir,
      volumes: this.#volumes,
      fileList: this.#files,
      namedFiles: this.#named && new NamedFiles(this.#named),
      isClosed: this.#isClosed ? true : undefined,
    };
  }

  #hold(part: Buffer): void {
    this.#held.push(Buffer.from(part));
    this.#heldLength += part.length;
    if (this.#heldLength > maxLineBytes) throw this.#failAt(this.#lineNumber + 1)('is too long');
  }

  /** The line that ends with `last`. */
  #join(last: Buffer): Buffer {
    if (this.#heldLength === 0) return last;
    const whole = Buffer.concat([...this.#held, last]);
    this.#held = [];
    this.#heldLength = 0;
    return whole;
  }

  #failAt(lineNumber: number): Fail {
    return (what) =>
      new DuplifsError('DAMAGED', `Line ${lineNumber} of "${this.#fileName}" ${what}`);
  }

  #line(bytes: Buffer): void {
    this.#lineNumber += 1;
    if (this.#filesLeft > 0) {
      const isListed = isIndented(bytes, 0);
      this.#filesLeft = isListed ? this.#filesLeft - 1 : 0;
      if (isListed && this.#files === undefined) {
        this.#noteName(bytes);
        return;
      }
    }
    const fail = this.#failAt(this.#lineNumber);
    if (bytes.length > maxLineBytes) throw fail('is too long');
    const text = bytes.toString('latin1');
    if (text.endsWith('\r')) throw fail('ends in CR LF, as manifests never do');
    const [word, rest] = splitWord(text);
    if (word === '') return;
    if (text.startsWith(word)) this.#heading(word.toLowerCase(), rest, text, fail);
    else this.#field(word.toLowerCase(), rest, fail);
  }

  #heading(word: string, rest: string, text: string, fail: Fail): void {
    if (word === 'volume') {
      this.#closeVolume();
      this.#openVolume(text, fail);
    } else if (word === 'filelist') {
      this.#closeVolume();
      this.#filesLeft = /^\d{1,15}/.test(rest) ? parseInt(rest, 10) : 0;
      this.#isClosed = true;
      if (this.#keepFiles) this.#files ??= [];
    } else if (word === 'hostname') {
      this.#hostname ??= textOf(rest);
    } else if (word === 'localdir') {
      this.#localDir ??= unquote(rest, fail);
    } else {
      this.#field(word, rest, fail);
    }
  }

  #openVolume(text: string, fail: Fail): void {
    const digits = /^volume (\d{1,9}):/i.exec(text)?.[1];
    if (digits === undefined) throw fail('begins a volume in a way that is not understood');
    const number = Number(digits);
    if (number < 1 || number > maxVolumes) throw fail('has an impossible volume number');
    this.#volume = { number, fail, hashes: new Map() };
    this.#isClosed = false;
  }

  #field(word: string, rest: string, fail: Fail): void {
    const volume = this.#volume;
    if (volume === undefined) this.#fileChange(word, rest, fail);
    else if (word === 'startingpath') volume.start = placeIn(rest, fail);
    else if (word === 'endingpath') volume.end = placeIn(rest, fail);
    else if (word === 'hash') {
      const [algorithm, hex] = splitWord(rest);
      volume.hashes.set(algorithm.toUpperCase(), splitWord(hex)[0]);
    }
  }

  #fileChange(word: string, rest: string, fail: Fail): void {
    if (word !== 'new' && word !== 'changed' && word !== 'deleted') return;
    this.#files?.push({ change: word, path: pathInName(unquote(rest, fail), fail) });
  }

  /** Of a line of a list that is not kept, and need not be understood. */
  #noteName(line: Buffer): void {
    if (this.#named === undefined) return;
    const [word, rest] = splitWord(line.toString('latin1'));
    if (!/^(?:new|changed)$/i.test(word)) return;
    const fail = this.#failAt(this.#lineNumber);
    try {
      this.#named.push(hashOf(pathInName(unquote(rest, fail), fail)));
    } catch {
      // what duplicity passes over tells nothing
    }
  }

  /**
   * Takes the volume just read into the list. After a resumed backup a number occurs twice: the last
   * record counts, and higher numbers before it are forgotten (3.1).
   */
  #closeVolume(): void {
    const volume = this.#volume;
    if (volume === undefined) return;
    this.#volume = undefined;
    const { number, start, end, fail } = volume;
    if (start === undefined || end === undefined) {
      throw fail('begins a volume without a starting or ending path');
    }
    while ((this.#volumes.at(-1)?.number ?? 0) >= number) this.#volumes.pop();
    if (this.#volumes.length >= this.#maxVolumes) {
      throw fail(`names more than the ${this.#maxVolumes} volumes that it may`);
    }
    const hash = usableHash(volume.hashes);
    this.#volumes.push({
      number,
      startPath: start.path,
      startBlock: start.block,
      endPath: end.path,
      endBlock: end.block,
      hash,
    });
  }
}

/** A path and the piece number after it, which a blank may stand for. */
function placeIn(text: string, fail: Fail): Place {
  const [value, rest] = splitWord(text);
  if (value === '') throw fail('lacks its path');
  if (rest !== '' && !/^\d{1,15}$/.test(rest)) throw fail('has a bad block number');
  const path = pathInName(unquote(value, fail), fail);
  return { path, block: rest === '' ? undefined : Number(rest) };
}

/** Digits of each. */
const digits = { SHA1: 40, MD5: 32 } as const;

/** The hash that duplicity would check: SHA1 if it is there, else MD5. One that was cut short is none. */
function usableHash(hashes: ReadonlyMap<string, string>): VolumeHash | undefined {
  for (const algorithm of ['SHA1', 'MD5'] as const) {
    const hex = hashes.get(algorithm);
    if (hex === undefined) continue;
    return hex.length < digits[algorithm] ? undefined : { algorithm, hex: hex.toLowerCase() };
  }
  return undefined;
}

function isIndented(bytes: Buffer, at: number): boolean {
  return bytes[at] === 0x20 || bytes[at] === 0x09;
}
