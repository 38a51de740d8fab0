import type { OptionKeys } from '../../profiles/index.js';

/** What commands about profiles need to know of all the others. */
export interface ProfileMeans {
  /** The options of all commands as keys. */
  readonly keys: () => OptionKeys;
  readonly hasCommand: (name: string) => boolean;
}
