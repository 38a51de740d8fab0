/** The first thing in which an entry of the backup and what it is compared with are not the same. */

/** Owner and rights; the mode without the type. */
export interface Rights {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface DeviceNumbers {
  readonly major: number;
  readonly minor: number;
}

/** Of the type `Value`: what was found, and what the backup has. */
interface Differing<Value> {
  readonly path: string;
  readonly found: Value;
  readonly expected: Value;
}

/** Paths lie below what is verified; '' is that itself. */
export type Difference =
  /** It is not in the backup. */
  | { readonly kind: 'new'; readonly path: string }
  /** It is only in the backup. */
  | { readonly kind: 'missing'; readonly path: string }
  | ({ readonly kind: 'type' } & Differing<string>)
  /** What a symbolic link points to. */
  | ({ readonly kind: 'link-target' } & Differing<string>)
  | ({ readonly kind: 'rights' } & Differing<Rights>)
  | ({ readonly kind: 'device' } & Differing<DeviceNumbers>)
  /** Seconds since the epoch. */
  | ({ readonly kind: 'mtime' } & Differing<number>)
  | { readonly kind: 'data'; readonly path: string };
