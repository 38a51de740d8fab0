/** The numbers of librsync's file formats (docs/format/1-bytes.md 6). All integers are big-endian. */

/** Rollsum and MD4: the only signature that duplicity writes, and the only one a delta is made from. */
export const signatureMagicMd4 = 0x72730136;
export const signatureMagicBlake2 = 0x72730137;
export const signatureMagicRabinkarpMd4 = 0x72730146;
export const signatureMagicRabinkarpBlake2 = 0x72730147;
export const signatureHeaderLength = 12;

/** The bytes of each MD4 digest that duplicity keeps in a signature. */
export const strongSumLength = 8;

export const deltaMagic = 0x72730236;
export const opEnd = 0x00;
/** Opcodes 1…64 are a LITERAL of that many bytes. */
export const maxImmediateLiteral = 0x40;
export const opLiteral = 0x41;
export const opCopy = 0x45;
export const opFirstReserved = 0x55;
/** The opcode and the widest two operands. */
export const maxCommandLength = 1 + 8 + 8;
