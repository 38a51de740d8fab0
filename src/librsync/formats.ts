/** The numbers of librsync's file formats (docs/format/1-bytes.md 6). All integers are big-endian. */

/** Rollsum and MD4: the only signature that duplicity writes, and the only one a delta is made from. */
export const SIGNATURE_MAGIC_MD4 = 0x72730136;
export const SIGNATURE_MAGIC_BLAKE2 = 0x72730137;
export const SIGNATURE_MAGIC_RABINKARP_MD4 = 0x72730146;
export const SIGNATURE_MAGIC_RABINKARP_BLAKE2 = 0x72730147;
export const SIGNATURE_HEADER_LENGTH = 12;

/** The bytes of each MD4 digest that duplicity keeps in a signature. */
export const STRONG_LENGTH = 8;

export const DELTA_MAGIC = 0x72730236;
export const OP_END = 0x00;
/** Opcodes 1…64 are a LITERAL of that many bytes. */
export const MAX_IMMEDIATE_LITERAL = 0x40;
export const OP_LITERAL = 0x41;
export const OP_COPY = 0x45;
export const OP_FIRST_RESERVED = 0x55;
/** The opcode and the widest two operands. */
export const MAX_COMMAND_LENGTH = 1 + 8 + 8;
