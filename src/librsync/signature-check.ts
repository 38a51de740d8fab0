import { parseSignature, unusableReason } from './signature.js';
import { SignatureBuilder } from './signature-builder.js';

/** Compares a content, which is given in order, with a signature of the kind that duplicity writes. */
export class SignatureCheck {
  readonly #signature: Buffer;
  readonly #builder: SignatureBuilder;

  private constructor(signature: Buffer, blockLength: number) {
    this.#signature = signature;
    this.#builder = new SignatureBuilder(blockLength);
  }

  /** Undefined for a signature of another kind. `name` is what errors call it: DAMAGED when it is none. */
  static of(signature: Buffer, name: string): SignatureCheck | undefined {
    const parsed = parseSignature(signature, name);
    const isOurs = unusableReason(parsed) === undefined && parsed.strongLength === 8;
    return isOurs ? new SignatureCheck(signature, parsed.blockLength) : undefined;
  }

  update(chunk: Uint8Array): void {
    this.#builder.update(chunk);
  }

  /** To be called once, when all was given. */
  isSame(): boolean {
    return this.#builder.digest().equals(this.#signature);
  }
}
