/** What a repair is given. */
import type { Report } from '../base/index.js';
import type { Target, TargetListing } from '../target/index.js';
import type { Encoding } from '../volume/index.js';
import type { RepairEvent } from './events.js';
import type { SetFacts } from './set-facts.js';

export interface RepairOptions {
  readonly target: Target;
  readonly listing: TargetListing;
  readonly facts: SetFacts;
  /** What encrypts and signs what is put beside an encrypted set; asked for when it is needed. */
  readonly encoding: () => Promise<Encoding>;
  /** Fails when the target is no longer ours to write to. */
  readonly checkLock: () => Promise<void>;
  /** This program, and its version. */
  readonly producer: string;
  readonly tempFolder: string;
  readonly report: Report<RepairEvent>;
  readonly signal: AbortSignal;
}

/** What is put is made with. */
export interface Writing {
  readonly encoding: Encoding;
  readonly beforePut: () => Promise<void>;
}
