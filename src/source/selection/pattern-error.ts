import { DuplifsError } from '../../base/index.js';

/** The error for a pattern that cannot be understood; `problem` completes "because". */
export function patternError(pattern: string, problem: string): DuplifsError {
  return new DuplifsError(
    'SELECTION_PATTERN',
    `The pattern "${pattern.toWellFormed()}" cannot be used: ${problem}`,
  );
}
