import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replaceFile } from '../../src/base/index.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();

describe('a file whose content is replaced', () => {
  it('has one of the contents wholly when several are given at once', async () => {
    const path = join(newFolder(), 'file');
    const contents = Array.from({ length: 20 }, (_, n) => String(n).repeat(1000 * (n + 1)));
    await Promise.all(contents.map(async (content) => replaceFile(path, content)));
    expect(contents).toContain(readFileSync(path, 'utf8'));
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  it('takes over what a killed process has left', async () => {
    const path = join(newFolder(), 'file');
    writeFileSync(`${path}.new`, 'half');
    utimesSync(`${path}.new`, 1_600_000_000, 1_600_000_000);
    await replaceFile(path, 'whole');
    expect(readFileSync(path, 'utf8')).toBe('whole');
    expect(existsSync(`${path}.new`)).toBe(false);
  });
});
