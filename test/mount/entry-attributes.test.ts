import { describe, expect, it } from 'vitest';
import { entryAttributes } from '../../src/mount/view/attributes.js';

const folder = {
  id: 7,
  name: 'folder',
  parentId: 1,
  setId: 1,
  kind: 'snapshot',
  type: 'dir',
  proven: true,
  mode: 0o755,
  ownerId: 1,
  mtimeSeconds: 0,
  size: 0,
  sizeLimit: 0,
  linkTarget: undefined,
  device: undefined,
  uid: 0,
  gid: 0,
} as const;

describe('the link count of a folder', () => {
  it('counts its folders, its name and its dot', () => {
    expect(entryAttributes(7, folder, { size: 0, subfolders: 3 }, {}).nlink).toBe(5);
  });

  it('is 1, for "not counted", where they are too many', () => {
    expect(entryAttributes(7, folder, { size: 0, subfolders: Infinity }, {}).nlink).toBe(1);
  });
});
