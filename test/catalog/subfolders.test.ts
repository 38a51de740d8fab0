import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Catalog } from '../../src/catalog/index.js';
import { EntryWriter } from '../../src/catalog/entry-writer.js';
import { rootId, setId } from '../../src/catalog/schema.js';
import { temporaryFolders } from '../support/temporary.js';

const newFolder = temporaryFolders();
const full = setId(1, 0);
const later = setId(1, 1);

function openCatalog(): { catalog: Catalog; put: (set: number, path: string, type: Kind) => void } {
  const catalog = new Catalog(join(newFolder(), 'catalog.sqlite'));
  const writer = new EntryWriter(catalog.connection, catalog.packed);
  const facts = { mode: 0o755, uid: 0, gid: 0, userName: '', groupName: '', mtimeSeconds: 0 };
  const put = (set: number, path: string, type: Kind): void => {
    if (type === 'deleted') writer.putDeletion(set, path);
    else writer.putVersion(set, 'snapshot', { ...facts, path, type });
  };
  return { catalog, put };
}

type Kind = 'dir' | 'reg' | 'deleted';

describe('the count of subfolders', () => {
  it('is that of the time, whatever became of a name before and after', () => {
    const { catalog, put } = openCatalog();
    put(full, '', 'dir');
    for (const name of ['stays', 'goes', 'becomes a file']) put(full, name, 'dir');
    for (const name of ['file', 'becomes a folder']) put(full, name, 'reg');
    put(full, 'stays/below', 'dir');
    put(later, 'goes', 'deleted');
    put(later, 'becomes a file', 'reg');
    put(later, 'becomes a folder', 'dir');
    put(later, 'comes', 'dir');
    put(later, 'comes too', 'dir');
    expect(catalog.subfolders(full, rootId)).toBe(3);
    expect(catalog.subfolders(later, rootId)).toBe(4);
    catalog.close();
  });

  it('ends where counting would hold up everybody else', () => {
    const { catalog, put } = openCatalog();
    const addFolders = (from: number, to: number): void => {
      for (let at = from; at < to; at += 1) put(full, `folder ${at}`, 'dir');
    };
    put(full, '', 'dir');
    addFolders(0, 10_000);
    expect(catalog.subfolders(full, rootId)).toBe(10_000);
    addFolders(10_000, 10_001);
    expect(catalog.subfolders(full, rootId)).toBe(Infinity);
    catalog.close();
  });
});
