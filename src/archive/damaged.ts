import { DuplifsError } from '../base/index.js';

/** A DAMAGED error about a stored file: `what` is a clause that follows its name, such as "ends early". */
export function damaged(fileName: string, what: string): DuplifsError {
  return new DuplifsError('DAMAGED', `"${fileName}" ${what}`, {
    hint: 'Fetch the file again; if it stays so, the copy on the storage is damaged',
  });
}

/** Makes the error for one stream or file whose name (and place) the maker of the function knows. */
export type Fail = (what: string) => Error;
