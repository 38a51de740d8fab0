/** Which parts of a backup go where. */
import { describe, expect, it } from 'vitest';
import { restorePlan } from '../../../src/cli/restore/restore-plan.js';

const target = '/out';

describe('a restore', () => {
  it('of everything, or of one path, has one part that becomes the target', () => {
    const request = { target, isList: false, renamings: [] };
    expect(restorePlan({ ...request, paths: [] })).toEqual([{ path: '', target, without: [] }]);
    expect(restorePlan({ ...request, paths: ['a/b'] })).toEqual([
      { path: 'a/b', target, without: [] },
    ]);
  });

  it('of several paths has each under its whole path, and none twice', () => {
    const paths = ['a/b', 'c', 'a/b/d', 'c'];
    expect(restorePlan({ target, paths, isList: true, renamings: [] })).toEqual([
      { path: 'a/b', target: '/out/a/b', without: [] },
      { path: 'c', target: '/out/c', without: [] },
    ]);
  });

  it('has what is renamed elsewhere, and no more where it was', () => {
    const renamings = [
      { from: 'a/b', to: 'x' },
      { from: 'a', to: 'moved/a' },
      { from: 'none', to: 'y' },
    ];
    const pieces = restorePlan({ target, paths: [], isList: false, renamings });
    expect(pieces).toEqual([
      { path: '', target, without: ['a', 'none'] },
      { path: 'a', target: '/out/moved/a', without: ['b'] },
      { path: 'a/b', target: '/out/x', without: [] },
      { path: 'none', target: '/out/y', without: [] },
    ]);
  });
});
