import { DuplifsError } from '../../base/index.js';

/**
 * An index that says it is of another set than its name does. Nothing but a hand makes that: files of one set were given
 * the names of another, and laid on what that one builds on they would make files that never were.
 */
export class ForeignIndex extends DuplifsError {
  constructor(name: string, setKey: string, foreignKey: string | undefined, hint: string) {
    super(
      'DAMAGED',
      `"${name}" is the index of another set, ${foreignKey}: what is stored as set ${setKey} may all be of that one`,
      { hint },
    );
  }
}
