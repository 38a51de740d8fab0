/** What a word under the cursor may become. What is known of backups comes from `sources`; here nothing is read. */
import type { Cursor } from './cursor.js';
import type { CommandSpec, CompletionSpec } from './spec.js';

export interface Candidate {
  readonly value: string;
  readonly about?: string;
}

/** What the shell itself completes besides: names of files on this machine. */
export type ShellFiles = 'none' | 'files' | 'folders';

export interface Answer {
  readonly files: ShellFiles;
  /** Paths: quoted as such, and no blank comes after a folder. */
  readonly arePaths: boolean;
  readonly candidates: readonly Candidate[];
}

/** What lies on this machine of profiles and backups. Each answers with nothing where it knows nothing. */
export interface KnownThings {
  readonly profiles: () => Promise<readonly Candidate[]>;
  readonly targets: () => Promise<readonly Candidate[]>;
  /** The times of the sets of the backup on the line, the newest first. */
  readonly times: (cursor: Cursor) => Promise<readonly Candidate[]>;
  /** Paths in that backup which begin so. */
  readonly paths: (cursor: Cursor) => Promise<readonly Candidate[]>;
}

export async function candidatesAt(
  cursor: Cursor,
  spec: CompletionSpec,
  known: KnownThings,
): Promise<Answer> {
  const { wanted, typed, before, command } = cursor;
  if (wanted === 'none') return none;
  if (wanted === 'option') return beginning(optionsOf(command), typed, before);
  switch (wanted.kind) {
    case 'command':
      return beginning(commandsBelow(cursor, spec), typed, before);
    case 'topic':
      return beginning([...topicsOf(cursor, spec), ...commandsBelow(cursor, spec)], typed, before);
    case 'choice':
      return beginning((wanted.choices ?? []).map(plain), typed, before);
    case 'profile':
      return beginning(await known.profiles(), typed, before);
    case 'target':
      return {
        ...beginning(await targetsOf(cursor, spec, known), typed, before),
        files: 'folders',
      };
    case 'time':
      return beginning(await known.times(cursor), typed, before);
    case 'path':
      return { ...beginning(await known.paths(cursor), typed, before), arePaths: true };
    case 'file':
      return { ...none, files: 'files' };
    case 'folder':
      return { ...none, files: 'folders' };
    case 'text':
      return none;
  }
}

/** "kit" has a URL, or "open". */
async function targetsOf(
  cursor: Cursor,
  spec: CompletionSpec,
  known: KnownThings,
): Promise<readonly Candidate[]> {
  const inner = cursor.places.length === 0 ? commandsBelow(cursor, spec) : [];
  return [...inner, ...(await known.profiles()), ...(await known.targets())];
}

const none: Answer = { files: 'none', arePaths: false, candidates: [] };

function beginning(all: readonly Candidate[], typed: string, before: string): Answer {
  const candidates = all
    .filter(({ value }) => value.startsWith(typed))
    .map(({ value, about }) => ({ value: before + value, about: about ?? '' }));
  return { ...none, candidates };
}

function optionsOf(command: CommandSpec | undefined): readonly Candidate[] {
  if (command === undefined) return programOptions;
  return command.options.flatMap(({ names, about }) => names.map((value) => ({ value, about })));
}

const programOptions: readonly Candidate[] = [
  { value: '--help', about: 'show help on one screen' },
  { value: '--help-all', about: 'show all commands' },
  { value: '--version', about: 'show the version' },
];

/** By their names; by aliases only where one is begun that no name has. */
function commandsBelow(
  { command, wanted, typed, places }: Cursor,
  spec: CompletionSpec,
): Candidate[] {
  const isOfHelp = wanted !== 'none' && wanted !== 'option' && wanted.kind === 'topic';
  const isOfRun = command?.path === 'run';
  const above = isOfHelp ? places.join(' ') : isOfRun ? '' : (command?.path ?? '');
  const start = above === '' ? '' : `${above} `;
  const below = spec.commands
    .filter(({ path }) => path.startsWith(start) && !path.slice(start.length).includes(' '))
    .filter((one) => !isOfRun || one.arguments.some(({ name }) => name === 'url'))
    .map((one) => ({ ...one, name: one.path.slice(start.length) }));
  const named = below.map(({ name, about }) => ({ value: name, about }));
  if (named.some(({ value }) => value.startsWith(typed))) return named;
  return below.flatMap(({ aliases, about }) => aliases.map((value) => ({ value, about })));
}

function topicsOf({ places }: Cursor, { topics }: CompletionSpec): Candidate[] {
  if (places.length > 0) return [];
  return topics.map((value) => ({ value, about: 'a topic' }));
}

function plain(value: string): Candidate {
  return { value };
}
