/** Which commands a run of a profile consists of. Pure: the command line runs them. */
import type { Profile } from '../file/profile.js';

export interface Step {
  /** Of the command line, and in logs and the history. */
  readonly command: string;
  /** Words before and after the profile's name. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

const keepPrefix = 'keep-';
/** duplicity's ways to say what stays, in the order in which they are done. */
const removals = [
  'remove-older-than',
  'remove-all-but-n-full',
  'remove-all-inc-of-but-n-full',
] as const;

/** The backup, then what keeps it small and proves it. */
export function stepsOf({ retention, run }: Profile, checkCount: number): readonly Step[] {
  const steps: Step[] = [{ command: 'backup', before: [], after: ['--json'] }];
  if (Object.keys(retention).some((key) => key.startsWith(keepPrefix))) {
    steps.push({ command: 'prune', before: [], after: ['--force'] });
  }
  for (const command of removals) {
    const value = retention[command];
    if (value !== undefined) steps.push({ command, before: [String(value)], after: ['--force'] });
  }
  if (run.cleanup !== false) steps.push({ command: 'cleanup', before: [], after: ['--force'] });
  if (run.check !== undefined) {
    const share = shareOf(run.check, checkCount);
    steps.push({ command: 'check', before: [], after: [`--read-data=${share}`] });
  }
  return steps;
}

/** "1/12" at the third time: "3/12"; after the twelfth it begins anew. */
export function shareOf(share: string, count: number): string {
  const parts = Number(share.slice('1/'.length));
  return `${(count % parts) + 1}/${parts}`;
}

/** The options of `prune` among what is to be kept. */
export function keepOptions(retention: Profile['retention']) {
  return Object.entries(retention)
    .filter(([key, value]) => key.startsWith(keepPrefix) && value !== undefined)
    .map(([key, value]) => ({ key, values: [String(value)] }));
}
