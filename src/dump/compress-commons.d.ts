/** What is used of it; it comes without types. */
declare module 'compress-commons' {
  import type { Transform, Readable } from 'node:stream';

  export class ZipArchiveEntry {
    getExtra(): Buffer;
    getGeneralPurposeBit(): { useUTF8ForNames(isUtf8: boolean): void };
    setExternalAttributes(attributes: number): void;
    setMethod(method: number): void;
    setPlatform(platform: number): void;
    setSize(size: number): void;
    setTime(time: Date, isLocal: boolean): void;
  }

  export class ZipArchiveOutputStream extends Transform {
    constructor(options: { readonly zlib: { readonly level: number } });
    entry(
      entry: ZipArchiveEntry,
      source: Buffer | Readable,
      callback: (error: Error | null | undefined) => void,
    ): void;
    finish(): void;
  }
}
