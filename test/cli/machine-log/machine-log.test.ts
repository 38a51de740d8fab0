/** duplicity's log for programs: what is written, and when. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quotedName, recordText } from '../../../src/cli/machine-log/index.js';
import { withFolder } from '../../support/folders.js';
import { duplifs, run, duplifsScript, built } from '../../support/run.js';
import { smallBackup } from '../../support/small-backup.js';

describe('a record', () => {
  it('has a control line, message lines and an empty line', () => {
    expect(recordText('notice', { code: 1 }, 'Last full backup date: none')).toBe(
      'NOTICE 1\n. Last full backup date: none\n\n',
    );
    expect(recordText('info', { code: 2, extra: '5 10' }, undefined)).toBe('INFO 2 5 10\n\n');
    expect(recordText('error', { code: 23, extra: 'X' }, 'a\nb')).toBe('ERROR 23 X\n. a\n. b\n\n');
  });

  it('quotes names as Python writes them', () => {
    expect(quotedName("d/b'in\\\n")).toBe("'d/b\\x27in\\\\\\n'");
    expect(quotedName('é→😀')).toBe("'\\xe9\\u2192\\U0001f600'");
  });
});

/** The records of a log: level, code, extras, message. */
function recordsOf(text: string): string[] {
  expect(text).toMatch(/\n\n$/);
  return text.slice(0, -2).split('\n\n');
}

describe('--log-file', () => {
  it('is written by a backup: what is done, what is new, and the statistics', async () => {
    await withFolder(async (folder) => {
      const { source } = await smallBackup(folder);
      const log = join(folder, 'log');
      const url = `file://${join(folder, 'second')}`;
      const args = ['--no-encryption', '-v5', `--log-file=${log}`, source, url];
      const { status, stderr } = await duplifs(['full', ...args]);
      expect([status, stderr]).toEqual([0, stderr]);
      const records = recordsOf(await readFile(log, 'utf8'));
      expect(records).toContain("INFO 4 'folder/inner'\n. A folder/inner");
      const progress = records.filter((record) => /^INFO 2 \d+$/.test(record));
      expect(progress.length).toBeGreaterThan(0);
      const size = /SourceFileSize (\d+)/.exec(records.join('\n'))?.[1] ?? '';
      expect(progress.at(-1)).toBe(`INFO 2 ${size}`);
      expect(records.some((record) => record.includes('. SourceFiles 8'))).toBe(true);
    });
  });

  it('has an error of the command line, by the code of duplicity 3 or 0.8', async () => {
    await withFolder(async (folder) => {
      const log = join(folder, 'log');
      const as = { DUPLIFS_AS: 'duplicity' };
      const { status } = await duplifs([`--log-file=${log}`], { env: as });
      expect(status).toBe(23);
      const old = { ...as, DUPLIFS_DUPLICITY_VERSION: '0.8.22' };
      const before = await readFile(log, 'utf8');
      expect(before).toMatch(/^ERROR 23 CommandLineError\n(\. .*\n)+\n$/);
      const second = await duplifs([`--log-file=${log}`], { env: old });
      expect(second.status).toBe(2);
      expect((await readFile(log, 'utf8')).slice(before.length)).toMatch(/^ERROR 2\n(\. .*\n)+\n$/);
    });
  });

  it('lists files and chains', async () => {
    await withFolder(async (folder) => {
      const { url } = await smallBackup(folder);
      const log = join(folder, 'log');
      await duplifs(['ls', '-v0', '--log-file', log, url]);
      expect(recordsOf(await readFile(log, 'utf8'))).toContain(
        "INFO 10 20260304T050507Z 'file' reg\n. Wed Mar  4 05:05:07 2026 file",
      );
      const second = join(folder, 'second');
      await duplifs(['collection-status', '--log-file', second, url]);
      expect(await readFile(second, 'utf8')).toMatch(
        /^INFO 3 \nbackend BackendWrapper\narchive-dir .*\nchain-complete\n full 20260304T050607Z 1 noenc\norphaned-sets-num 0\nincomplete-sets-num 0\n\. Collection Status\n\. ---/m,
      );
    });
  });
});

describe('--log-fd', () => {
  it('writes to what is open there, and says where nothing is', async () => {
    await withFolder(async (folder) => {
      const { url } = await smallBackup(folder);
      await built();
      const log = join(folder, 'log');
      const line = `"$0" "$1" restore --archive-dir "$2" -v5 --log-fd 7 "$3" "$4" 7>"$5"`;
      const words = [process.execPath, duplifsScript, join(folder, 'a'), url, join(folder, 'out')];
      const { status, stderr } = await run('bash', ['-c', line, ...words, log]);
      expect([status, stderr]).toEqual([0, stderr]);
      const records = recordsOf(await readFile(log, 'utf8'));
      expect(records).toContain('INFO 2 1 1');
      const none = await duplifs(['ls', '--log-fd', '77', url]);
      expect([none.status, none.stderr]).toEqual([
        2,
        expect.stringContaining('Cannot write to descriptor 77') as string,
      ]);
    });
  });
});
