/** The codes of duplicity's log for programs, for the events of the rooms (docs/format/2-behaviour.md 6.5). */
import type { AnyEvent } from '../events/index.js';
import { generic, quotedName } from './record.js';
import type { RecordKind } from './record.js';

type CodeOf = Partial<{
  readonly [Code in AnyEvent['code']]: (event: Extract<AnyEvent, { code: Code }>) => RecordKind;
}>;

const named =
  (code: number) =>
  ({ path }: { readonly path: string }): RecordKind => ({
    code,
    extra: quotedName(path === '' ? '.' : path),
  });

const codes: CodeOf = {
  'path-added': named(4),
  'path-changed': named(5),
  'path-deleted': named(6),
  'entry-writing': ({ path, type }) => ({ code: 7, extra: `${quotedName(path)} ${type}` }),
  'upload-begun': () => ({ code: 11 }),
  'upload-done': () => ({ code: 13 }),
  'entry-unreadable': named(10),
  'file-not-opened': named(10),
  'file-cut-short': named(10),
};

export function recordKindOf(event: AnyEvent): RecordKind {
  const kind = codes[event.code] as ((event: AnyEvent) => RecordKind) | undefined;
  return kind?.(event) ?? generic;
}
