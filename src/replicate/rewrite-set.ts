/** Writes a set of the source anew for others who can open it: decoded, verified, encoded, bound, its manifest last. */
import { createHash } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatFileName,
  formatManifestHeader,
  formatManifestVolume,
  volumesDigest,
} from '../archive/index.js';
import type { FileKind, ManifestVolume, SetBase, StoredFile } from '../archive/index.js';
import { describeEncoding, putFile } from '../backup/index.js';
import type { VolumeMaker } from '../backup/index.js';
import {
  checkSignaturesDigest,
  localManifestName,
  manifestFileOf,
  putInOrder,
} from '../target/index.js';
import type { Encoding, VolumeWriter } from '../volume/index.js';
import type { CheckedSet } from './checked-set.js';
import { copyFailure, hasFile } from './copy-file.js';
import { forgetManifest, removeSurplus } from './copy-set.js';
import type { CopyRun, PutFiles } from './copy-set.js';
import { fileListOf } from './file-list.js';
import type { Rewriting } from './options.js';
import { rewriteIndex } from './rewrite-index.js';
import { RewriteState } from './rewrite-state.js';
import { rewriteVolumes } from './rewrite-volumes.js';
import type { RewrittenVolumes } from './rewrite-volumes.js';

export interface RewriteRun extends CopyRun {
  readonly rewriting: Rewriting;
  readonly maker: VolumeMaker;
}

export interface RewrittenSetResult extends PutFiles {
  /** What an incremental on the new set is bound to. */
  readonly base: SetBase;
}

/** `base` is the set before it in the chain, as the replica has it. */
export async function rewriteSet(
  run: RewriteRun,
  checked: CheckedSet,
  base: SetBase | undefined,
): Promise<RewrittenSetResult> {
  return new SetRewrite(run, checked, base).run();
}

class SetRewrite {
  readonly #run: RewriteRun;
  readonly #checked: CheckedSet;
  readonly #base: SetBase | undefined;
  readonly #names = new Set<string>();
  readonly #put = { files: 0, bytes: 0 };

  constructor(run: RewriteRun, checked: CheckedSet, base: SetBase | undefined) {
    this.#run = run;
    this.#checked = checked;
    this.#base = base;
  }

  async run(): Promise<RewrittenSetResult> {
    const { to, rewriting, lock } = this.#run;
    const { set, manifest } = this.#checked;
    await forgetManifest(this.#run, set.key);
    const state = await RewriteState.open(to.archiveFolder, {
      key: set.key,
      volumesDigest: volumesDigest(manifest.volumes).toString('hex'),
      encoding: describeEncoding(rewriting.encoding),
      volumeBytes: rewriting.volumeBytes ?? null,
    });
    const written = await rewriteVolumes({
      ...this.#run,
      run: this.#run,
      checked: this.#checked,
      state,
    });
    this.#put.files += written.putFiles;
    this.#put.bytes += written.putBytes;
    for (const { record } of written.volumes) this.#names.add(record.name);
    await this.#putMetadata(written);
    const volumes = written.volumes.map(({ record }): ManifestVolume => {
      const { number, start, end, sha1 } = record;
      const places = { startPath: start.path, startBlock: start.block, endPath: end.path };
      return { number, ...places, endBlock: end.block, hash: { algorithm: 'SHA1', hex: sha1 } };
    });
    const manifestName = this.#name('manifest');
    this.#names.add(manifestName);
    await putInOrder({
      parts: [],
      beforeManifest: async () => {
        await removeSurplus(this.#run, set.key, this.#names);
        await lock.checkHeld();
      },
      putManifest: () => this.#putManifest(manifestName, volumes),
    });
    await state.end();
    to.trust.noteWritten(set.times, {
      encrypted: rewriting.encoding.container === 'gpg',
      signKey: to.signsWith,
      isNewest: false,
    });
    return { ...this.#put, base: { setKey: set.key, volumesDigest: volumesDigest(volumes) } };
  }

  /** Sigtars, statistics, and the index, which needs the digest of the sigtar. */
  async #putMetadata(written: RewrittenVolumes): Promise<void> {
    const { set, binding } = this.#checked;
    const { to, rewriting } = this.#run;
    let signaturesDigest: Buffer | undefined;
    for (const file of set.signatures) {
      signaturesDigest = await this.#putAgain(file, 'signatures', (digest) => {
        checkSignaturesDigest(file.name, digest, binding);
      });
    }
    for (const file of set.statistics) await this.#putAgain(file, 'statistics', () => undefined);
    const [index] = set.index;
    if (index === undefined || binding === undefined || signaturesDigest === undefined) return;
    const bound = { base: this.#base, signaturesDigest, signKey: to.signsWith };
    await this.#putNew(this.#name('index'), rewriting.encoding, (writer) =>
      rewriteIndex(writer, {
        from: this.#run.from,
        file: index,
        checked: this.#checked,
        volumes: written.volumes,
        sessionKeys: written.sessionKeys,
        binding: bound,
        producer: rewriting.producer,
        signal: this.#run.signal,
      }),
    );
  }

  /** Puts a file with the same plaintext, once `check` has seen its SHA-256; that. */
  async #putAgain(
    file: StoredFile,
    kind: 'signatures' | 'statistics',
    check: (digest: Buffer) => void,
  ): Promise<Buffer> {
    const { from, rewriting, signal } = this.#run;
    const digest = createHash('sha256');
    const found: { digest?: Buffer } = {};
    await this.#putNew(this.#name(kind), rewriting.encoding, async (writer) => {
      for await (const chunk of from.decodeMetadata(file, signal)) {
        digest.update(chunk);
        await writer.write([chunk]);
      }
      found.digest = digest.digest();
      check(found.digest);
    });
    return found.digest ?? Buffer.alloc(0);
  }

  async #putManifest(name: string, volumes: readonly ManifestVolume[]): Promise<void> {
    const { from, to, rewriting, signal } = this.#run;
    const { set, manifest } = this.#checked;
    const { encoding } = rewriting;
    const wrapped: Encoding = encoding.container === 'gpg' ? encoding : { container: 'plain' };
    // the next set is bound to it, and who has only a public key cannot open the stored one
    const local = join(to.archiveFolder, localManifestName({ name }));
    const copy = await open(`${local}.new`, 'w', 0o600);
    try {
      await this.#putNew(name, wrapped, async (writer) => {
        const add = async (bytes: Buffer): Promise<void> => {
          await copy.appendFile(bytes);
          await writer.write([bytes]);
        };
        await add(formatManifestHeader(manifest));
        for (const volume of volumes) await add(formatManifestVolume(volume));
        const plaintext = from.decodeMetadata(manifestFileOf(set), signal);
        for await (const line of fileListOf(plaintext)) await add(line);
      });
    } finally {
      await copy.close();
    }
    await rename(`${local}.new`, local);
  }

  /** Makes a file, puts it, and reads it back. */
  async #putNew(
    name: string,
    encoding: Encoding,
    write: (writer: VolumeWriter) => Promise<void>,
  ): Promise<void> {
    const { to, maker, signal } = this.#run;
    this.#names.add(name);
    const spooled = await maker.make(encoding, write);
    try {
      await putFile(to.storage, name, spooled, signal);
      const expected = { algorithm: 'sha1', hex: spooled.sha1.toString('hex') } as const;
      if (!(await hasFile(to.storage, name, expected, signal))) throw copyFailure(name, to.storage);
      this.#put.files += 1;
      this.#put.bytes += spooled.size;
    } finally {
      await spooled.file.close();
    }
  }

  #name(kind: Exclude<FileKind, 'volume'>): string {
    const { to, rewriting } = this.#run;
    const { times } = this.#checked.set;
    const own = rewriting.encoding.container;
    const container = kind === 'manifest' && own !== 'gpg' ? 'plain' : own;
    return formatFileName({ kind, times, container }, to.prefixes);
  }
}
