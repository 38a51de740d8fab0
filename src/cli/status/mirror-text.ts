import { plural } from '../../archive/index.js';
import type { MirrorGap } from '../../target/index.js';

/** What commands say of a difference between the storages of a mirror. */
export function mirrorGapText(gap: MirrorGap): string {
  switch (gap.kind) {
    case 'away':
      return `"${gap.member}" lacks what the other storages of the mirror got meanwhile: ${gap.reason}`;
    case 'lacks': {
      const what = lacks(gap);
      return gap.reason === undefined
        ? `${what}; the next backup copies them to it`
        : `${what}, which could not be copied to it: ${gap.reason}`;
    }
    case 'lacks-old':
      return `${lacks(gap)}, and all that it has is newer: where they were removed on purpose, remove them from the other storages as well, else copy them to it`;
    case 'differs': {
      const sizes = gap.members.map((url, i) => `${gap.sizes[i] ?? 0} bytes on "${url}"`);
      return `"${gap.name}" has ${sizes.join(' and ')}: one of them is damaged; remove that one, and the next backup copies the other to its place`;
    }
  }
}

function lacks({ member, setKey, names }: Extract<MirrorGap, { readonly names: unknown }>): string {
  return `"${member}" lacks ${names.length} ${plural(names.length, 'file')} of set ${setKey}`;
}
