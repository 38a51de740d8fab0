/** What `openStorage` can be told. Every field has a default; a command fills it by `storageOptionsFrom`. */
export interface StorageOptions {
  /** Environment variables with credentials; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}
