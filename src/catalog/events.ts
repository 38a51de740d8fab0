import type { SetFault } from '../target/index.js';

/** What catalog/ tells while it works; in words: src/cli/events/catalog.ts. */
export type CatalogEvent =
  /** The folder for caches cannot be used; the catalog lies among temporary files until the end. */
  | { readonly level: 'warning'; readonly code: 'catalog-is-temporary'; readonly reason: string }
  /** Volumes behind the last that the manifest names cannot be verified, and are not shown. */
  | {
      readonly level: 'warning';
      readonly code: 'volumes-not-in-manifest';
      readonly setKey: string;
      readonly storedVolumes: number;
      readonly namedVolumes: number;
    }
  /** Several stored names stand for one volume; `name` is the one whose hash the manifest names. */
  /** The set is read without its manifest: whether its volumes are all, and those that were written, nobody can tell. */
  | {
      readonly level: 'warning';
      readonly code: 'set-unverified';
      readonly setKey: string;
      readonly reason: string;
    }
  /** No set is as old as the time that was asked for, and the first is used, as duplicity does. */
  | {
      readonly level: 'warning';
      readonly code: 'time-before-first';
      readonly timeSeconds: number;
      readonly firstSeconds: number;
    }
  /** A set that is newer than the one that is used is not whole. */
  | {
      readonly level: 'warning';
      readonly code: 'newer-set-faulty';
      readonly setKey: string;
      readonly faults: readonly SetFault[];
      readonly usedKey: string;
    }
  /** The set that is used is not whole. */
  | {
      readonly level: 'warning';
      readonly code: 'set-faulty';
      readonly setKey: string;
      readonly faults: readonly SetFault[];
    }
  /** A set newer than the one that is used is being written, or its run was stopped. */
  | { readonly level: 'notice'; readonly code: 'newer-set-unfinished'; readonly setKey: string }
  /** Sets whose times lie in the future are not taken for the newest. */
  | {
      readonly level: 'warning';
      readonly code: 'sets-in-future';
      readonly setKeys: readonly string[];
    }
  | {
      readonly level: 'warning';
      readonly code: 'several-files-of-volume';
      readonly setKey: string;
      readonly volume: number;
      readonly count: number;
      readonly name: string;
    }
  | {
      readonly level: 'warning';
      readonly code: 'folder-without-entry';
      readonly setKey: string;
      readonly path: string;
    }
  /** What lies below a path that is no folder is not shown. */
  | {
      readonly level: 'warning';
      readonly code: 'entries-below-no-folder';
      readonly setKey: string;
      readonly path: string;
    }
  /** An entry of a volume that no backup holds; `reason` is a clause that follows its name. It is lost. */
  | {
      readonly level: 'warning';
      readonly code: 'entry-unusable';
      /** The volume. */
      readonly name: string;
      readonly entry: string;
      readonly reason: string;
    }
  /** More of them in the same volume. */
  | {
      readonly level: 'warning';
      readonly code: 'entries-unusable';
      readonly name: string;
      readonly count: number;
    }
  | {
      readonly level: 'warning' | 'info';
      readonly code: 'index-unusable';
      readonly name: string;
      readonly reason: string;
    }
  | {
      readonly level: 'warning';
      readonly code: 'signatures-unusable';
      readonly name: string;
      readonly reason: string;
    }
  /** The tree of the set is read from all of its volumes. */
  | { readonly level: 'warning'; readonly code: 'no-usable-signatures'; readonly setKey: string }
  /** The volume holds what the set's signatures (`name`) tell otherwise or not at all; `path` is the first. */
  | {
      readonly level: 'warning';
      readonly code: 'signatures-disagree';
      readonly name: string;
      readonly setKey: string;
      readonly volume: string;
      readonly path: string;
      readonly count: number;
    }
  /** What an index (`name`) gives as the bytes of a path are not, as the volume's own headers say. */
  | {
      readonly level: 'warning';
      readonly code: 'index-refuted';
      readonly name: string;
      readonly setKey: string;
      readonly volume: string;
      readonly path: string;
    }
  /** The set's signatures cannot be read, so what its changes make is not held against them. */
  | {
      readonly level: 'warning';
      readonly code: 'rebuilt-not-checked';
      readonly setKey: string;
      readonly reason: string;
    }
  /** What the signatures say could not be held against a volume of the set. */
  | {
      readonly level: 'warning';
      readonly code: 'volume-not-held-against';
      readonly setKey: string;
      readonly reason: string;
    }
  /** What lies in a volume is not shown. */
  | { readonly level: 'warning'; readonly code: 'volume-not-shown'; readonly reason: string }
  | {
      readonly level: 'warning';
      readonly code: 'entries-out-of-order';
      readonly name: string;
      readonly count: number;
    };
