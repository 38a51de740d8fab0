/** What may stand where the cursor is. */
import { describe, expect, it } from 'vitest';
import { candidatesAt } from '../../../src/cli/completion/candidates.js';
import type { Candidate, KnownThings } from '../../../src/cli/completion/candidates.js';
import { cursorAt, targetOf } from '../../../src/cli/completion/cursor.js';
import { completionSpec } from '../../../src/cli/completion/spec.js';
import { unquote } from '../../../src/cli/completion/unquote.js';
import { personalityOf } from '../../../src/cli/personality.js';
import { newProgram } from '../../../src/cli/program.js';

const spec = completionSpec(newProgram(personalityOf('duplifs', {})));

function some(...values: string[]): () => Promise<readonly Candidate[]> {
  return () => Promise.resolve(values.map((value) => ({ value })));
}

const known: KnownThings = {
  profiles: some('laptop'),
  targets: some('s3://bucket/backup'),
  times: some('20261101T120000Z'),
  paths: some('home/', 'etc/'),
};

/** What the shell completes by itself, and the candidates. */
async function asked(line: string): Promise<string> {
  const cursor = cursorAt(line.split(' '), spec);
  const { files, candidates } = await candidatesAt(cursor, spec, known);
  return [files, ...candidates.map(({ value }) => value)].join(' ');
}

describe('the word under the cursor', () => {
  it.each([
    ['rest', 'none restore'],
    ['remove-all-b', 'none remove-all-but-n-full'],
    ['stat', 'none status'],
    ['key tr', 'none trust'],
    ['kit op', 'folders open'],
    ['restore ', 'folders laptop s3://bucket/backup'],
    ['restore s3', 'folders s3://bucket/backup'],
    ['restore laptop ', 'folders'],
    ['restore laptop --to-original ', 'none home/ etc/'],
    ['restore --into-dated-folder x laptop e', 'none etc/'],
    ['restore laptop --time ', 'none 20261101T120000Z'],
    ['restore laptop --time=2026', 'none --time=20261101T120000Z'],
    ['restore laptop -t ', 'none 20261101T120000Z'],
    ['restore laptop -r h', 'none home/'],
    ['restore laptop --path-to-restore=h', 'none --path-to-restore=home/'],
    ['restore laptop --passphrase-file ', 'files'],
    ['restore laptop --archive-dir ', 'folders'],
    ['restore laptop --name ', 'none'],
    ['restore --path-t', 'none --path-to-restore'],
    ['restore -- --path-t', 'folders'],
    ['cat laptop ', 'none home/ etc/'],
    ['history laptop ', 'none home/ etc/'],
    ['find laptop a e', 'none etc/'],
    ['diff laptop ', 'none 20261101T120000Z'],
    ['diff laptop 3D ', 'none 20261101T120000Z'],
    ['remove-older-than ', 'none 20261101T120000Z'],
    ['remove-older-than 3D ', 'folders laptop s3://bucket/backup'],
    ['backup ', 'folders'],
    ['backup x ', 'folders laptop s3://bucket/backup'],
    ['dump laptop --format ', 'none tar zip'],
    ['check --read-data laptop ', 'none'],
    ['kit laptop kit.gpg --profile ', 'none laptop'],
    ['run ', 'none laptop'],
    ['run laptop col', 'none collection-status'],
    ['run laptop cat e', 'none etc/'],
    ['run laptop remove-older-than ', 'none 20261101T120000Z'],
    ['profile show ', 'none laptop'],
    ['help s', 'none storage schedule'],
    ['help key t', 'none trust test'],
    ['completion ', 'none bash zsh fish'],
    ['--hel', 'none --help --help-all'],
    ['nonsense ', 'folders'],
  ])('of "%s" may be: %s', async (line, expected) => {
    expect(await asked(line)).toBe(expected);
  });

  it('has the backup that stands before it, wherever options are', () => {
    for (const line of [
      'cat --time 3D laptop ',
      '--archive-dir /x cat laptop ',
      'run laptop cat ',
    ]) {
      expect(targetOf(cursorAt(line.split(' '), spec)), line).toBe('laptop');
    }
    expect(targetOf(cursorAt('remove-older-than 3D laptop -'.split(' '), spec))).toBe('laptop');
  });
});

describe('what completion knows', () => {
  it('names no hidden command or option', () => {
    expect(spec.commands.map(({ path }) => path)).not.toContain('remove-probe');
    const options = spec.commands.flatMap(({ options: all }) => all.flatMap(({ names }) => names));
    expect(options).toContain('--s3-endpoint-url');
    expect(options).not.toContain('--fail-on-volume');
  });

  it('has values for what takes one, and none for switches', () => {
    const restore = spec.commands.find(({ path }) => path === 'restore');
    const valueOf = (name: string) => restore?.options.find(({ names }) => names.includes(name));
    expect(valueOf('--force')).not.toHaveProperty('value');
    expect(valueOf('--time')?.value).toEqual({ kind: 'time' });
    expect(valueOf('--log-file')?.value).toEqual({ kind: 'file' });
    expect(valueOf('--s3-addressing-style')?.value?.choices).toEqual(['path', 'virtual']);
  });
});

describe('a quoted word', () => {
  it.each([
    [String.raw`my\ photos`, 'my photos'],
    [`"my photos`, 'my photos'],
    [`'a"b'c`, 'a"bc'],
    [String.raw`"a\"b\c"`, String.raw`a"b\c`],
    ['$(touch x)', '$(touch x)'],
  ])('%s means %s', (word, meant) => {
    expect(unquote(word)).toBe(meant);
  });
});
