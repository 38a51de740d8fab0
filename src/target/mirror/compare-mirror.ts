/**
 * In what the storages of a mirror differ, by the names and sizes of the last listing. Only files of sets that are
 * whole somewhere count, which is where their manifest is: those of an interrupted run are the next backup's to
 * continue or to remove, and what was removed while a storage was away must not come back from there.
 */
import { collect, parseFileName, setKey } from '../../archive/index.js';
import type { Chain, NamePrefixes, StoredFile } from '../../archive/index.js';
import { errorText } from '../../base/index.js';
import type { MirrorMember } from '../../storage/index.js';
import { wholeSetKeys } from '../wholeness/whole-set-keys.js';

/** Something that the storages of a mirror do not have in common. `member` and `members` are their URLs. */
export type MirrorGap =
  /** It could not be listed. */
  | { readonly kind: 'away'; readonly member: string; readonly reason: string }
  /** It lacks files of a set. `reason`: why they could not be copied to it, once that was tried. */
  | {
      readonly kind: 'lacks';
      readonly member: string;
      readonly setKey: string;
      readonly names: readonly string[];
      readonly reason?: string | undefined;
    }
  /** It has nothing of a chain that is older than all that it has: the chain may have been removed there. */
  | {
      readonly kind: 'lacks-old';
      readonly member: string;
      readonly setKey: string;
      readonly names: readonly string[];
    }
  /** A file has another size on one of them than on another. Which one is right, no name tells. */
  | {
      readonly kind: 'differs';
      readonly name: string;
      readonly setKey: string;
      readonly members: readonly string[];
      readonly sizes: readonly number[];
    };

/** Files of a set that one storage lacks and another has. */
export interface LackingSet {
  readonly member: MirrorMember;
  readonly setKey: string;
  readonly files: readonly StoredFile[];
}

export interface MirrorDifferences {
  /** Oldest set first. */
  readonly lacking: readonly LackingSet[];
  /** What no copying helps against. */
  readonly others: readonly Exclude<MirrorGap, { readonly kind: 'lacks' }>[];
}

/**
 * Compares the storages of a mirror as they were listed. Files of the names `refused` do not count: they are not as
 * protected as their chain.
 */
export function compareMirror(
  members: readonly MirrorMember[],
  prefixes: NamePrefixes,
  refused: ReadonlySet<string> = new Set(),
): MirrorDifferences {
  const others: Exclude<MirrorGap, { readonly kind: 'lacks' }>[] = [];
  const lacking: LackingSet[] = [];
  const listed = members.filter(({ files }) => files !== undefined);
  for (const { url: member, files, failure } of members) {
    if (files === undefined) others.push({ kind: 'away', member, reason: errorText(failure) });
  }
  const sets = wholeSets(listed, prefixes, refused);
  for (const { key, files } of sets) {
    for (const { name } of files) {
      for (const gap of differing(listed, name, key)) others.push(gap);
    }
  }
  for (const member of listed) {
    const own = new Set(sets.filter(({ files }) => files.some(isOn(member))).map(({ key }) => key));
    const oldest = sets.find(({ key }) => own.has(key))?.endSeconds ?? Number.NEGATIVE_INFINITY;
    for (const { key, files, endSeconds, chainKeys } of sets) {
      const missing = files.filter((file) => member.keeps(file.name) && !isOn(member)(file));
      if (missing.length === 0) continue;
      const isOld = endSeconds < oldest && !chainKeys.some((each) => own.has(each));
      const names = missing.map(({ name }) => name);
      if (isOld) others.push({ kind: 'lacks-old', member: member.url, setKey: key, names });
      else lacking.push({ member, setKey: key, files: missing });
    }
  }
  return { lacking, others };
}

/** All in which the storages of a mirror differ. */
export function mirrorGaps({ lacking, others }: MirrorDifferences): MirrorGap[] {
  return [
    ...others,
    ...lacking.map(({ member, setKey: key, files }) => ({
      kind: 'lacks' as const,
      member: member.url,
      setKey: key,
      names: files.map(({ name }) => name),
    })),
  ];
}

interface WholeSet {
  readonly key: string;
  readonly endSeconds: number;
  /** Of all whole sets of its chain. */
  readonly chainKeys: readonly string[];
  /** The files that any of the storages has. */
  readonly files: readonly StoredFile[];
}

/** The sets whose manifest lies on one of the storages, oldest first. */
function wholeSets(
  members: readonly MirrorMember[],
  prefixes: NamePrefixes,
  refused: ReadonlySet<string>,
): WholeSet[] {
  const all = new Set(members.flatMap(({ files }) => [...(files?.keys() ?? [])]));
  const names = [...all].filter((name) => !refused.has(name));
  const files = names
    .map((name) => parseFileName(name, { prefixes }))
    .filter((file) => file !== undefined)
    .filter(({ partial }) => !partial);
  const whole = wholeSetKeys(files);
  const chains = chainsByKey(collect({ stored: names, prefixes }).chains, whole);
  const byKey = new Map<string, StoredFile[]>();
  for (const file of files) {
    const key = setKey(file.times);
    const own = byKey.get(key);
    if (own === undefined) byKey.set(key, [file]);
    else own.push(file);
  }
  return [...byKey]
    .filter(([key]) => whole.has(key))
    .map(([key, own]) => ({
      key,
      endSeconds: own[0]?.times.endSeconds ?? 0,
      chainKeys: chains.get(key) ?? [key],
      files: own,
    }))
    .sort((a, b) => a.endSeconds - b.endSeconds);
}

function chainsByKey(
  chains: readonly Chain[],
  whole: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const { sets } of chains) {
    const keys = sets.map(({ key }) => key).filter((key) => whole.has(key));
    for (const key of keys) found.set(key, keys);
  }
  return found;
}

function isOn(member: MirrorMember): (file: Pick<StoredFile, 'name'>) => boolean {
  return ({ name }) => member.files?.has(name) === true;
}

function differing(
  members: readonly MirrorMember[],
  name: string,
  key: string,
): Extract<MirrorGap, { readonly kind: 'differs' }>[] {
  const found = members.flatMap(({ url, files }) => {
    const size = files?.get(name)?.size;
    return size === undefined ? [] : [{ url, size }];
  });
  const sizes = found.map(({ size }) => size);
  if (new Set(sizes).size < 2) return [];
  return [{ kind: 'differs', name, setKey: key, members: found.map(({ url }) => url), sizes }];
}
