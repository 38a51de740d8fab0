import { compileSelection } from './compile-selection.js';
import { parseFilesFrom } from './files-from.js';
import type { FilesFrom } from './files-from.js';
import type { SelectionOption } from './options.js';
import type { Selector } from './selector.js';

/** What of a source is selected: nothing but data, so that another thread can compile it. */
export interface SelectionPlan {
  /** The source argument as it was given, as names are kept. */
  readonly source: string;
  readonly options: readonly SelectionOption[];
  /** Paths below the source that are left out whatever the options say: what the backup itself writes. */
  readonly without?: readonly string[];
  /** Whether names in lists end with NUL rather than with a newline. */
  readonly nullSeparator: boolean;
  /** The list of `--files-from`; the name is for errors. */
  readonly filesFrom?: { readonly name: string; readonly content: Uint8Array };
}

export interface Selection {
  readonly selector: Selector;
  /** Walk only what it lists, instead of what the folders hold. */
  readonly filesFrom?: FilesFrom;
}

/** @throws DuplifsError those of compileSelection and of parseFilesFrom */
export function compilePlan({
  source,
  options,
  without,
  nullSeparator,
  filesFrom,
}: SelectionPlan): Selection {
  const selector = compileSelection(options, { source, without, nullSeparator });
  if (filesFrom === undefined) return { selector };
  const { name, content } = filesFrom;
  return { selector, filesFrom: parseFilesFrom(content, { name, nullSeparator }) };
}
