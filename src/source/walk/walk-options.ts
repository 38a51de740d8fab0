import type { Selection } from '../selection/index.js';

/** What `walkSource` can be told. */
export interface WalkOptions extends Selection {
  /** Take what links point to instead of the links. */
  readonly copyLinks?: boolean;
  /** Where the source is a link to a folder: walk over that one. */
  readonly followRoot?: boolean | undefined;
  readonly signal?: AbortSignal;
  /** Is told of sockets and unknown kinds of files, which are left out. */
  readonly onSkipped?: (path: string) => void;
  /** With copyLinks: is told of links that lead back to a folder above them. They stay links. */
  readonly onLinkLoop?: (path: string) => void;
}
