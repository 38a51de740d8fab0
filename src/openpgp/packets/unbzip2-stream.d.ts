declare module 'unbzip2-stream' {
  interface Unbzip2 {
    on(event: 'data', listener: (data: Buffer) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'end', listener: () => void): this;
    /** Decodes at once, in this call, what it can. */
    write(data: Uint8Array): boolean;
    end(): void;
  }
  export default function unbzip2Stream(): Unbzip2;
}
