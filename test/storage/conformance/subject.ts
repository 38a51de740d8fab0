/** What the conformance tests are given. */
import type { Storage, StorageOptions } from '../../../src/storage/index.js';

/** Where a test works. */
export interface Target {
  readonly url: string;
  readonly options: StorageOptions;
}

export interface Subject {
  /** A new, empty place; the name is unique. */
  target(name: string): Target;
  /** As `target` of the same name, with credentials that the server refuses, where it has any. */
  wrong?(name: string): Target;
  /** A place that may be read but not written, where the server can have one. */
  readOnly?(name: string): Promise<Target>;
  /** An absent place is an empty one: there are no folders. */
  readonly absentIsEmpty?: boolean;
  /** Ends the server and brings it back with its data; for storages that have one. */
  readonly server?: { stop(): Promise<void>; start(): Promise<void> };
  /** The server does not say when a file was written. */
  readonly withoutTimes?: boolean;
  /** How many files the listing test makes. */
  readonly manyFiles?: number;
  /** The size of the large file, in MiB. */
  readonly largeMiB?: number;
}

/** The names that `target` is asked for. */
export const places = [
  ...['absent', 'atomic', 'cancel', 'failed', 'faults', 'killed', 'large', 'many', 'missing'],
  ...['names', 'open-file', 'parallel', 'plain', 'ranges', 'replace', 'roundtrip'],
];

/** What only some storages have, each with its part of the Subject. */
export type Having = 'credentials' | 'permissions' | 'server';

/** What each part of the tests gets. */
export interface Tested {
  readonly subject: () => Subject;
  readonly having: readonly Having[];
  /** A storage that is closed when the tests have ended. */
  readonly open: (target: Target, more?: StorageOptions) => Promise<Storage>;
}

export const fewTries = { numRetries: 1, retryDelaySeconds: 0.05 } satisfies StorageOptions;
