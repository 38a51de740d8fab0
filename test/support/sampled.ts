/** Tables of which `npm test` tries a part, and `npm run test:long` all: where one more case repeats what another has shown. */

const everything = process.env['DUPLIFS_ALL'] === '1';

/** The first `count` cases of a table, or all of them with DUPLIFS_ALL=1. */
export function first<Case>(count: number, cases: readonly Case[]): readonly Case[] {
  return everything ? cases : cases.slice(0, count);
}

/** Each `step`th case of a table, beginning with the first, or all of them with DUPLIFS_ALL=1. */
export function eachOf<Case>(step: number, cases: readonly Case[]): readonly Case[] {
  return everything ? cases : cases.filter((_, index) => index % step === 0);
}
