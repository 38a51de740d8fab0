/** What a repair does: values. Nothing that is good is ever written over. */

export type RepairAction =
  /** A damaged file is made whole from the recovery data beside it. */
  | { readonly kind: 'recover'; readonly setKey: string; readonly name: string }
  /** The manifest is put again as the archive dir has it, once the volumes were held against it. */
  | {
      readonly kind: 'restore-manifest';
      readonly setKey: string;
      readonly name: string;
      /** The copy in the archive dir. */
      readonly local: string;
    }
  /** The manifest is made from the volumes and the sigtar of its set, and says so. */
  | {
      readonly kind: 'rebuild-manifest';
      readonly setKey: string;
      readonly name: string;
      readonly volumes: number;
    }
  /** The index is made from the volumes. */
  | {
      readonly kind: 'rebuild-index';
      readonly setKey: string;
      readonly name: string;
      readonly volumes: number;
    }
  /** A copy in the archive dir is fetched again; the one that was there is moved aside. */
  | {
      readonly kind: 'refetch-copy';
      readonly setKey: string;
      /** Of the copy. */
      readonly name: string;
      readonly stored: string;
    }
  /** What a storage of a mirror lacks is copied to it. */
  | {
      readonly kind: 'heal-mirror';
      readonly member: string;
      readonly setKey: string;
      readonly names: readonly string[];
    }
  /** Signatures of sets of which nothing else is left are removed. */
  | {
      readonly kind: 'drop-signatures';
      readonly stored: readonly string[];
      readonly local: readonly string[];
    };
