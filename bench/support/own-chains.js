/**
 * Chains that duplifs writes for the reach cases: many changes of one file, many sets, many entries. Each is made
 * once (kept.js) in a folder that holds `source` as it was at the last set, `chain` (the target), `archive` (the
 * archive dir of the machine that wrote it), and for each set the peak of its memory in `peaks.json`.
 */
import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeEntries } from './entries.js';
import { kept, writerDigest } from './kept.js';
import { runScript } from './process.js';
import { duplifs, duplifsCommand } from './tools.js';
import { generator, makeLargeFile, makeTree, treeVersion } from './tree.js';

const firstSetSeconds = 1_700_000_000;
const daySeconds = 86_400;
const changedRunBytes = 65536;

/** The same cache for one target under every URL. */
export const cacheName = 'reach';

/** A file that changes by one per cent in each of its incrementals: its size and their number, at scale 1. */
export const changingFile = { bytes: 500_000_000, changes: 40, share: 0.01 };

/** Many sets of a tree in which little changes, and one file that changes in nearly every set. */
export const manySets = { sets: 140, files: 5000, bytes: 50_000_000, diaryBytes: 8_000_000 };

const diaryChanges = (sets) => sets - 5;

/**
 * Writes one more set by duplifs.
 *
 * @param {string} place
 * @param {number} number of the set: the time that it gets, in days
 * @param {string} [source] the folder, by default `place/source`
 * @returns {Promise<import('./process.js').Run>} with its peak
 */
export async function writeSet(place, number, source = join(place, 'source')) {
  const time = firstSetSeconds + number * daySeconds;
  return runScript(
    `${duplifsCommand} backup --current-time ${time} --archive-dir '${join(place, 'archive')}' ` +
      `--name ${cacheName} --allow-source-mismatch '${source}' 'file://${join(place, 'chain')}' >/dev/null`,
    { env: duplifs.env(place), hasPeak: true },
  );
}

/** @param {number} scale */
export async function chainOfChanges(scale) {
  const bytes = Math.round(changingFile.bytes * scale);
  const changes = Math.max(2, Math.round(changingFile.changes * Math.min(1, scale * 4)));
  return madeChain('changes', { bytes, changes }, changes + 1, (source, set) => {
    if (set === 0) makeLargeFile(source, { bytes, seed: 5 });
    else changeRuns(join(source, 'large.bin'), changingFile.share, set);
  });
}

/** The runs of a large file that change in one set, at places that the set's number decides. */
export function changeRuns(path, share, seed) {
  const { size } = statSync(path);
  const count = Math.ceil((size * share) / changedRunBytes);
  const random = generator(1000 + seed);
  const file = openSync(path, 'r+');
  for (let at = 0; at < count; at += 1) {
    const place = Math.floor(random() * Math.max(1, size - changedRunBytes));
    const bytes = Buffer.from(Uint8Array.from({ length: changedRunBytes }, () => random() * 256));
    writeSync(file, bytes, 0, bytes.length, place);
  }
  closeSync(file);
}

/** @param {number} scale of the number of sets and of the tree */
export async function chainOfSets(scale) {
  const sets = Math.max(4, Math.round(manySets.sets * scale));
  const files = Math.max(100, Math.round(manySets.files * scale));
  const bytes = Math.max(1e6, Math.round(manySets.bytes * scale));
  const diaryBytes = Math.max(1e6, Math.round(manySets.diaryBytes * scale));
  const made = { sets, files, bytes, diaryBytes };
  return madeChain('sets', made, sets, (source, set) => {
    const diary = join(source, 'diary.bin');
    if (set === 0) {
      makeTree(source, { files, bytes, seed: 6 });
      mkdirSync(join(source, 'changing'));
      writeFileSync(diary, Buffer.alloc(diaryBytes, 'diary '));
    } else if (set <= diaryChanges(sets)) {
      changeRuns(diary, 0.01, set);
    }
    for (let file = 0; file < 20; file += 1) {
      writeFileSync(join(source, 'changing', `note-${file}.txt`), `${set} ${file}\n`);
    }
  });
}

/** A full of so many entries. @param {number} entries */
export async function chainOfEntries(entries) {
  return madeChain('entries', { entries }, 1, (source) => makeEntries(source, entries));
}

async function madeChain(name, made, sets, change) {
  return kept(`reach-${name}`, [treeVersion, made, writerDigest()], async (place) => {
    const source = join(place, 'source');
    mkdirSync(source);
    const peaks = [];
    for (let set = 0; set < sets; set += 1) {
      change(source, set);
      peaks.push((await writeSet(place, set)).peakMegabytes);
    }
    writeFileSync(join(place, 'peaks.json'), JSON.stringify(peaks));
  });
}
