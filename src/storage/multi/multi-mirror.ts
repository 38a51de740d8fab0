/** What a mirror's last listing found on each of its storages, and the copying of files between them. */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { DuplifsError, errorText } from '../../base/index.js';
import type { Report } from '../../base/index.js';
import { Replayable } from '../body.js';
import type { StorageEvent } from '../events.js';
import type { Mirror, MirrorCopy, MirrorMember, Storage, StoredObject } from '../storage.js';

/** What the listing of one storage brought: its files, or a failure. */
export interface MemberListing {
  readonly storage: Storage;
  readonly objects: readonly StoredObject[] | undefined;
  readonly failure: unknown;
  readonly keeps: (name: string) => boolean;
}

class Member implements MirrorMember {
  readonly url: string;
  readonly storage: Storage;
  readonly files: Map<string, StoredObject> | undefined;
  readonly failure: unknown;
  readonly keeps: (name: string) => boolean;

  constructor({ storage, objects, failure, keeps }: MemberListing) {
    this.url = storage.url;
    this.storage = storage;
    this.files = objects && new Map(objects.map((object) => [object.name, object]));
    this.failure = failure;
    this.keeps = keeps;
  }
}

export interface MultiMirrorOptions {
  readonly url: string;
  /** The storages that may have a file, in the order in which they are asked for it. */
  readonly storagesOf: (name: string) => readonly Storage[];
  readonly report: Report<StorageEvent>;
}

export class MultiMirror implements Mirror {
  readonly #options: MultiMirrorOptions;
  #members: readonly Member[] = [];
  /** By the file's name, the URLs of storages whose copy was not what it must be. */
  readonly #passedOver = new Map<string, Set<string>>();

  constructor(options: MultiMirrorOptions) {
    this.#options = options;
  }

  get members(): readonly MirrorMember[] {
    return this.#members;
  }

  listed(members: readonly MemberListing[]): void {
    this.#members = members.map((member) => new Member(member));
  }

  readsFrom(name: string): string | undefined {
    return this.#options.storagesOf(name)[0]?.url;
  }

  passOver(name: string, url: string, reason: unknown): boolean {
    const storages = this.#options.storagesOf(name);
    const urls = this.#passedOver.get(name) ?? new Set();
    const isNew = !urls.has(url);
    const next = storages.find((one) => one.url !== url && !urls.has(one.url));
    if (next === undefined) {
      this.#passedOver.delete(name);
      return false;
    }
    this.#passedOver.set(name, urls.add(url));
    if (isNew) {
      const event = { level: 'warning', code: 'copy-passed-over' } as const;
      this.#options.report({ ...event, name, url, next: next.url, reason: errorText(reason) });
    }
    return true;
  }

  /** Whether the storage's copy of the file was passed over. */
  isPassedOver(name: string, { url }: Storage): boolean {
    return this.#passedOver.get(name)?.has(url) === true;
  }

  /** What was found of a file's copies counts no more: it was written anew. */
  forget(name: string): void {
    this.#passedOver.delete(name);
  }

  async copy({ name, from, to, expected, signal }: MirrorCopy): Promise<void> {
    const [source, target] = [this.#memberOf(from), this.#memberOf(to)];
    const size = source.files?.get(name)?.size;
    if (size === undefined) throw new Error(`"${name}" was not listed on "${from.url}"`);
    let sum = createHash('sha256');
    const body = new Replayable(() => {
      sum = createHash('sha256');
      return checked(source.storage.read(name, undefined, signal), sum, { name, from, expected });
    });
    const options = signal === undefined ? { size } : { size, signal };
    await target.storage.write(name, body, options);
    const back = createHash('sha256');
    for await (const chunk of target.storage.read(name, undefined, signal)) back.update(chunk);
    if (back.digest('hex') !== sum.digest('hex')) {
      await target.storage.remove([name]);
      throw new DuplifsError(
        'DAMAGED',
        `What "${to.url}" gives back of "${name}" is not what was written`,
      );
    }
    target.files?.set(name, { name, size });
    this.forget(name);
  }

  #memberOf(member: MirrorMember): Member {
    const found = this.#members.find((each) => each === member);
    if (found === undefined)
      throw new Error(`"${member.url}" is no storage of "${this.#options.url}"`);
    return found;
  }
}

/** The chunks, which end in an error where they are not what is expected: nothing of such a file is stored. */
async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  sum: Hash,
  { name, from, expected }: Pick<MirrorCopy, 'name' | 'from' | 'expected'>,
): AsyncGenerator<Uint8Array> {
  const digest = expected && createHash(expected.algorithm);
  for await (const chunk of chunks) {
    sum.update(chunk);
    digest?.update(chunk);
    yield chunk;
  }
  if (digest === undefined || digest.digest('hex') === expected?.hex) return;
  throw new DuplifsError(
    'DAMAGED',
    `"${name}" on "${from.url}" is not what its manifest says, and is not copied`,
  );
}
