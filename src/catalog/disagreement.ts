import { DuplifsError } from '../base/index.js';

/**
 * Metadata of a set (its signatures or its index) and its verified volumes do not say the same, and what is right
 * cannot be had.
 */
export class Disagreement extends DuplifsError {
  constructor(message: string, hint: string) {
    super('DAMAGED', message, { hint });
  }
}

/** `listName` is the file that the set was listed from; undefined where that is not known. */
export function notInVolumes(
  path: string,
  setKey: string,
  listName: string | undefined,
): Disagreement {
  const by = listName === undefined ? '' : ` by "${listName}"`;
  return new Disagreement(
    `"${path}" is listed in set ${setKey}${by} but lies in none of its volumes`,
    'The signatures and the volumes of the set disagree; another set may have the file',
  );
}
