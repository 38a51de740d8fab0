/**
 * As much of an assembler for WebAssembly's binary format as the kernel of this room needs (WebAssembly Core
 * Specification 2.0, chapter 5): functions with parameters and locals, loops, and vectors of 128 bits.
 */

export type ValueType = 'i32' | 'v128';

const typeCodes = { i32: 0x7f, v128: 0x7b } as const;

/** Instructions without immediates. */
const plain = {
  end: [0x0b],
  'i32.lt_u': [0x49],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.shl': [0x74],
  'i32.shr_u': [0x76],
  'i32x4.splat': [0xfd, 0x11],
  'v128.or': [0xfd, 0x50],
  'v128.xor': [0xfd, 0x51],
  'v128.bitselect': [0xfd, 0x52],
  'i16x8.extadd_pairwise_i8x16_u': [0xfd, 0x7d],
  'i32x4.extadd_pairwise_i16x8_u': [0xfd, 0x7f],
  'i16x8.extend_low_i8x16_u': [0xfd, 0x89, 0x01],
  'i16x8.extend_high_i8x16_u': [0xfd, 0x8a, 0x01],
  'i32x4.shl': [0xfd, 0xab, 0x01],
  'i32x4.shr_u': [0xfd, 0xad, 0x01],
  'i32x4.add': [0xfd, 0xae, 0x01],
  'i32x4.dot_i16x8_s': [0xfd, 0xba, 0x01],
} as const;

export type PlainInstruction = keyof typeof plain;

/** One function as it is written: its locals, then its instructions in order. */
export class FunctionWriter {
  readonly #parameters: readonly ValueType[];
  readonly #result: ValueType | undefined;
  readonly #locals: ValueType[] = [];
  readonly #code: number[] = [];

  constructor(parameters: readonly ValueType[], result?: ValueType) {
    this.#parameters = parameters;
    this.#result = result;
  }

  /** A new local; parameters are the first ones. */
  local(type: ValueType): number {
    this.#locals.push(type);
    return this.#parameters.length + this.#locals.length - 1;
  }

  op(...names: readonly PlainInstruction[]): this {
    for (const name of names) this.#code.push(...plain[name]);
    return this;
  }

  get(...locals: readonly number[]): this {
    for (const local of locals) this.#code.push(0x20, ...unsigned(local));
    return this;
  }

  set(local: number): this {
    this.#code.push(0x21, ...unsigned(local));
    return this;
  }

  const32(value: number): this {
    this.#code.push(0x41, ...signed(value));
    return this;
  }

  const128(bytes: readonly number[]): this {
    this.#code.push(0xfd, 0x0c, ...bytes);
    return this;
  }

  /** The vector at the address on the stack plus `offset`. */
  load128(offset = 0): this {
    this.#code.push(0xfd, 0x00, 0, ...unsigned(offset));
    return this;
  }

  store32(offset = 0): this {
    this.#code.push(0x36, 0, ...unsigned(offset));
    return this;
  }

  /** Bytes of two vectors by their numbers, 0 to 31. */
  shuffle(lanes: readonly number[]): this {
    this.#code.push(0xfd, 0x0d, ...lanes);
    return this;
  }

  extractLane32(lane: number): this {
    this.#code.push(0xfd, 0x1b, lane);
    return this;
  }

  call(index: number): this {
    this.#code.push(0x10, ...unsigned(index));
    return this;
  }

  /** Repeats while `local` is below `end` as unsigned numbers; once at least. */
  loopWhileBelow(local: number, end: number, body: () => void): this {
    this.#code.push(0x03, 0x40);
    body();
    this.get(local, end).op('i32.lt_u');
    this.#code.push(0x0d, 0);
    return this.op('end');
  }

  get type(): number[] {
    const results = this.#result === undefined ? [] : [typeCodes[this.#result]];
    return [0x60, ...vector(this.#parameters.map((one) => [typeCodes[one]])), ...bytes(results)];
  }

  get body(): number[] {
    const locals = this.#locals.map((type) => [1, typeCodes[type]]);
    return bytes([...vector(locals), ...this.#code, ...plain.end]);
  }
}

/** A module that imports one memory, as `env.memory`, and exports the functions by their names. */
export function assembleModule(functions: Readonly<Record<string, FunctionWriter>>): Uint8Array {
  const all = Object.values(functions);
  const section = (id: number, content: readonly number[]): number[] => [id, ...bytes(content)];
  const importedMemory = [...text('env'), ...text('memory'), 0x02, 0x00, 0x01];
  const exported = Object.keys(functions).map((name, i) => [...text(name), 0x00, ...unsigned(i)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(all.map((one) => one.type))),
    ...section(2, vector([importedMemory])),
    ...section(3, vector(all.map((_, i) => unsigned(i)))),
    ...section(7, vector(exported)),
    ...section(10, vector(all.map((one) => one.body))),
  ]);
}

function text(value: string): number[] {
  return bytes([...Buffer.from(value)]);
}

/** With their number before them. */
function bytes(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

/** LEB128. */
function unsigned(value: number): number[] {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) digits.push((rest & 0x7f) | 0x80);
  return [...digits, rest];
}

function signed(value: number): number[] {
  const digits: number[] = [];
  let rest = value | 0;
  for (; rest < -0x40 || rest >= 0x40; rest >>= 7) digits.push((rest & 0x7f) | 0x80);
  return [...digits, rest & 0x7f];
}
