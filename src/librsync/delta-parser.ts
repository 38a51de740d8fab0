/**
 * A push parser for librsync deltas (docs/format/1-bytes.md 6.3). It reports where commands lie and
 * never keeps data: the bytes of a LITERAL are passed over, and need not even be given (see
 * `literalLeft` and `skipLiteral`). It allocates nothing per command or call.
 */
import { DuplifsError } from '../base/index.js';
import {
  deltaMagic,
  maxCommandLength,
  maxImmediateLiteral,
  opCopy,
  opEnd,
  opFirstReserved,
  opLiteral,
} from './formats.js';

/** Takes the commands of a delta in order. Lengths are in bytes and never 0. */
export interface DeltaSink {
  /** The next `length` bytes of the result are those of the basis from byte `start`. */
  copy(start: number, length: number): void;
  /** The next `length` bytes of the result lie in the delta from byte `deltaOffset`. */
  literal(deltaOffset: number, length: number): void;
}

export interface DeltaParserOptions {
  /** What the delta is called in errors. */
  readonly name: string;
  /** The size of the basis in bytes, where known: a COPY beyond it is then an error. */
  readonly basisLength?: number;
}

const magicLength = 4;

export class DeltaParser {
  readonly #sink: DeltaSink;
  readonly #name: string;
  readonly #basisLength: number;
  /** A command (or the magic) that was cut by the end of an input. */
  readonly #cut = Buffer.alloc(maxCommandLength);
  #cutLength = 0;
  #magicSeen = false;
  #ended = false;
  #offset = 0;
  #literalLeft = 0;
  #resultLength = 0;

  constructor(sink: DeltaSink, options: DeltaParserOptions) {
    this.#sink = sink;
    this.#name = options.name;
    this.#basisLength = options.basisLength ?? Number.MAX_SAFE_INTEGER;
  }

  /** Whether END was seen; what follows it is ignored. */
  get ended(): boolean {
    return this.#ended;
  }

  /** How many bytes of the delta were pushed or skipped. */
  get offset(): number {
    return this.#offset;
  }

  /** How many data bytes of the current LITERAL are still to come. */
  get literalLeft(): number {
    return this.#literalLeft;
  }

  /** The length in bytes of what the commands so far produce. */
  get resultLength(): number {
    return this.#resultLength;
  }

  /**
   * Takes the next bytes of the delta.
   * @throws DuplifsError DAMAGED when they break the format
   */
  push(input: Uint8Array): void {
    let at = 0;
    while (at < input.length && !this.#ended) {
      if (this.#literalLeft > 0) {
        const passed = Math.min(this.#literalLeft, input.length - at);
        this.#literalLeft -= passed;
        this.#offset += passed;
        at += passed;
      } else if (this.#cutLength > 0) {
        at += this.#completeCut(input, at);
      } else {
        const length = this.#neededLength(input, at);
        if (length > input.length - at) {
          this.#keepCut(input, at, input.length - at);
          return;
        }
        this.#offset += length;
        this.#run(input, at, length);
        at += length;
      }
    }
  }

  /** Passes over the rest of the current LITERAL's data as if it had been pushed. */
  skipLiteral(): void {
    this.#offset += this.#literalLeft;
    this.#literalLeft = 0;
  }

  /**
   * To be called after the last byte.
   * @throws DuplifsError DAMAGED when the delta is cut short
   */
  finish(): void {
    if (!this.#ended) this.#fail('ends before its END command');
  }

  /** Fills up the cut command by what it needs, and runs it once whole; returns the bytes taken. */
  #completeCut(input: Uint8Array, at: number): number {
    const missing = this.#neededLength(this.#cut, 0) - this.#cutLength;
    const taken = Math.min(missing, input.length - at);
    this.#keepCut(input, at, taken);
    if (taken === missing) {
      const length = this.#cutLength;
      this.#cutLength = 0;
      this.#run(this.#cut, 0, length);
    }
    return taken;
  }

  /** Adds bytes to the cut command; a loop, for commands are too short for `set` and a view to be worth it. */
  #keepCut(input: Uint8Array, at: number, length: number): void {
    for (let i = 0; i < length; i += 1) this.#cut[this.#cutLength + i] = input[at + i] ?? 0;
    this.#cutLength += length;
    this.#offset += length;
  }

  /** The length of the command at `at`, without a LITERAL's data. */
  #neededLength(bytes: Uint8Array, at: number): number {
    if (!this.#magicSeen) return magicLength;
    const opcode = bytes[at] ?? 0;
    if (opcode <= maxImmediateLiteral) return 1;
    if (opcode < opCopy) return 1 + (1 << (opcode - opLiteral));
    if (opcode < opFirstReserved) return 1 + startWidth(opcode) + lengthWidth(opcode);
    return this.#fail(`holds the unknown command 0x${opcode.toString(16)}`);
  }

  #run(bytes: Uint8Array, at: number, commandLength: number): void {
    if (!this.#magicSeen) {
      if (this.#readInteger(bytes, at, magicLength) !== deltaMagic) {
        this.#fail('does not begin as a librsync delta does');
      }
      this.#magicSeen = true;
      return;
    }
    const opcode = bytes[at] ?? 0;
    if (opcode === opEnd) {
      this.#ended = true;
    } else if (opcode <= maxImmediateLiteral) {
      this.#literal(opcode);
    } else if (opcode < opCopy) {
      this.#literal(this.#readInteger(bytes, at + 1, commandLength - 1));
    } else {
      const width = startWidth(opcode);
      const start = this.#readInteger(bytes, at + 1, width);
      this.#copy(start, this.#readInteger(bytes, at + 1 + width, lengthWidth(opcode)));
    }
  }

  #literal(length: number): void {
    this.#grow(length, 'LITERAL');
    if (!Number.isSafeInteger(this.#offset + length)) this.#fail('is impossibly long');
    this.#literalLeft = length;
    this.#sink.literal(this.#offset, length);
  }

  #copy(start: number, length: number): void {
    this.#grow(length, 'COPY');
    if (start + length > this.#basisLength) {
      this.#fail(`copies bytes that the previous version of the file does not have`);
    }
    this.#sink.copy(start, length);
  }

  #grow(length: number, command: string): void {
    if (length === 0) this.#fail(`holds a ${command} of length 0`);
    this.#resultLength += length;
    if (!Number.isSafeInteger(this.#resultLength)) this.#fail('makes an impossibly long file');
  }

  #readInteger(bytes: Uint8Array, at: number, width: number): number {
    let value = 0;
    for (let i = at; i < at + width; i += 1) value = value * 256 + (bytes[i] ?? 0);
    return Number.isSafeInteger(value) ? value : this.#fail('holds an impossibly large number');
  }

  #fail(problem: string): never {
    throw new DuplifsError('DAMAGED', `The delta "${this.#name}" ${problem}`);
  }
}

function startWidth(opcode: number): number {
  return 1 << ((opcode - opCopy) >> 2);
}

function lengthWidth(opcode: number): number {
  return 1 << ((opcode - opCopy) & 3);
}
