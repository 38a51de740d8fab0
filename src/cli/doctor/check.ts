/** What a check of `duplifs doctor` found: one line, and what to do about it. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  /** What to do; always there when the state is a warning or failed. */
  readonly advice?: string | undefined;
}

export function ok(check: string, message: string): Finding {
  return { check, state: 'ok', message };
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, state: 'warning', message, advice };
}

export function failed(check: string, message: string, advice: string): Finding {
  return { check, state: 'failed', message, advice };
}

export function skipped(check: string, message: string): Finding {
  return { check, state: 'skipped', message };
}
