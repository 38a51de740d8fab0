/** What commander makes of the options of the commands on profiles. */

export interface CheckOptions {
  readonly secrets: boolean;
}

export interface ImportOptions {
  readonly name?: string;
  readonly print: boolean;
  readonly force: boolean;
}

export interface InitOptions {
  readonly source?: string;
  readonly url?: string;
  readonly encryptKey?: string;
  readonly passphraseFile?: string;
  readonly generateKey: boolean;
  /** Commander's form of --no-encryption. */
  readonly encryption: boolean;
  readonly fullIfOlderThan?: string;
  readonly keep?: string;
  readonly exclude: readonly string[];
  readonly every?: string;
  readonly kit?: string;
  readonly kitPassphraseFile?: string;
  readonly test: boolean;
  readonly schedule: boolean;
  readonly backup: boolean;
  readonly force: boolean;
}

export interface LogCommandOptions {
  readonly last: boolean;
  readonly failed: boolean;
  readonly follow: boolean;
}

export interface RunCommandOptions {
  readonly quiet: boolean;
  readonly json: boolean;
  readonly delay?: string;
  readonly ifMissed?: string;
  readonly currentTime?: number;
}

export interface RunHistoryOptions {
  readonly json: boolean;
  readonly count?: number;
}

export interface ScheduleCommandOptions {
  readonly every?: string;
  readonly system?: boolean;
  readonly user?: boolean;
  readonly by?: 'systemd' | 'cron';
  readonly jitter?: string;
  readonly remove: boolean;
  readonly json: boolean;
}
