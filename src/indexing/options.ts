/** What an upload is given. */
import type { BackupSet } from '../archive/index.js';
import type { Report } from '../base/index.js';
import type { Repository } from '../repository/index.js';
import type { Target, TargetEvent } from '../target/index.js';
import type { Encoding } from '../volume/index.js';
import type { IndexingEvent } from './events.js';
import type { IndexPlan } from './plan.js';

export interface UploadOptions {
  readonly repository: Repository;
  /** What the repository is opened from. */
  readonly target: Target;
  readonly plan: IndexPlan;
  /** What an index is written with that those can open who can open the set. */
  readonly encodingFor: (set: BackupSet) => Promise<Encoding>;
  /** This program, and its version. */
  readonly producer: string;
  readonly tempFolder: string;
  readonly lockWaitSeconds: number;
  readonly signal: AbortSignal;
  readonly report: Report<IndexingEvent | TargetEvent>;
}
