/**
 * Inode numbers are computed, never handed out: the view in which a path is seen (a snapshot, the
 * versions, …) in the upper bits, the path's id in the lower. So they are stable within a mount, need no
 * table, and stay below 2^53.
 */
import { DuplifsError } from '../../base/index.js';

const idsPerView = 2 ** 32;
const maxViews = 2 ** 21;

/** The view of the folders that a mount itself makes: the root (inode 1), `snapshots`, … */
export const fixedView = 0;

export function nodeNumber(view: number, id: number): number {
  if (view >= maxViews || id >= idsPerView) {
    throw new DuplifsError('FUSE', 'The mount has shown too many times', {
      hint: 'Unmount it and mount it again',
    });
  }
  return view * idsPerView + id;
}

export function viewOf(node: number): number {
  return Math.floor(node / idsPerView);
}

export function idOf(node: number): number {
  return node % idsPerView;
}
