/** The part of WebAssembly's JavaScript interface that is used here; TypeScript has it only among browsers' types. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { readonly initial: number });
    readonly buffer: ArrayBuffer;
  }
  // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- it has nothing that is used here
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: { readonly env: { readonly memory: Memory } });
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function validate(bytes: Uint8Array): boolean;
}
