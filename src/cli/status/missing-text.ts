import type { MissingVolume } from '../../repository/index.js';

/** What collection-status and doctor say of all of them; sets that cannot be opened are told of in one sentence. */
export function missingTexts(all: readonly MissingVolume[]): string[] {
  const locked = all.filter(isLocked);
  const texts = all.filter((one) => !isLocked(one)).map(missingVolumeText);
  const [first] = locked;
  if (first?.kind !== 'unknown') return texts;
  if (locked.length === 1) return [...texts, missingVolumeText(first)];
  const names = locked.slice(0, mostNamed).map(({ setKey }) => setKey);
  const more = locked.length > mostNamed ? ` and ${locked.length - mostNamed} more` : '';
  return [
    ...texts,
    `Whether the sets ${names.join(', ')}${more} have all their volumes cannot be told: ${first.reason.message}`,
  ];
}

const mostNamed = 10;

/** Whether a set cannot be opened with what is at hand. */
export function isLocked(one: MissingVolume): boolean {
  return one.kind === 'unknown' && one.reason.code === 'KEY';
}

function missingVolumeText(one: MissingVolume): string {
  if (one.kind === 'all-missing') {
    return `Set ${one.setKey} has no volume on the storage: all that it holds is lost`;
  }
  return one.kind === 'missing'
    ? `Volume ${one.volume} of set ${one.setKey} is missing: what lies in it is lost`
    : `Whether set ${one.setKey} has all its volumes cannot be told: ${one.reason.message}`;
}
