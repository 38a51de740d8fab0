import { expect, it } from 'vitest';
import { parseManifest } from '../../src/archive/index.js';

it('keeps of a list of files what is new or changed, and knows which of it was not seen', () => {
  const volume = 'Volume 1:\n    StartingPath   .  \n    EndingPath     z  \n    Hash SHA1 00\n';
  const list = 'Filelist 3\n    new      a\n    changed  "b\\x20c"\n    deleted  d\n';
  const options = { fileList: false, namedFiles: true };
  const { namedFiles, fileList } = parseManifest(Buffer.from(volume + list), 'm', options);
  expect(fileList).toBeUndefined();
  expect(namedFiles?.left).toBe(2);
  for (const path of ['d', 'a', 'a', 'other']) namedFiles?.see(path);
  expect(namedFiles?.left).toBe(1);
  namedFiles?.see('b c');
  expect(namedFiles?.left).toBe(0);
  namedFiles?.reset();
  expect(namedFiles?.left).toBe(2);
});
