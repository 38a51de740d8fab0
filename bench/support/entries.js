/** Trees of very many small entries. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Small and empty files: a fifth in one folder, the rest in folders of a hundred below two others.
 *
 * @param {string} source an empty folder
 * @param {number} entries how many, folders included
 */
export function makeEntries(source, entries) {
  fill(join(source, 'a-large-one'), Math.floor(entries / 5));
  for (const top of ['m', 'z']) {
    for (let at = 0; at * 100 < entries * 0.4; at += 1) {
      fill(join(source, top, `folder-with-a-name-${at}`), 99);
    }
  }
}

function fill(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (let at = 0; at < files; at += 1) {
    const file = openSync(join(folder, `file-${at}.txt`), 'w');
    if (at % 7 !== 0) writeSync(file, String(at % 7));
    closeSync(file);
  }
}
