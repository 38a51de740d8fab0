/** A selection option as it came on the command line; patterns and names as names are kept. */
export type SelectionOption =
  | { readonly kind: 'include' | 'exclude'; readonly pattern: string }
  | { readonly kind: 'include-regexp' | 'exclude-regexp'; readonly pattern: string }
  | {
      readonly kind: 'include-filelist' | 'exclude-filelist';
      /** The file's name, for errors. */
      readonly name: string;
      readonly content: Uint8Array;
    }
  | { readonly kind: 'exclude-if-present'; readonly fileName: string }
  | { readonly kind: 'exclude-device-files' }
  | { readonly kind: 'exclude-other-filesystems' }
  | { readonly kind: 'exclude-older-than'; readonly timeSeconds: number }
  | { readonly kind: 'filter-globbing' | 'filter-literal' | 'filter-regexp' }
  | { readonly kind: 'filter-strictcase' | 'filter-ignorecase' };
