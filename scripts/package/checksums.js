import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes SHA256SUMS over all other files of a folder, as `sha256sum --check` reads it, and returns its text. */
export function writeChecksums(folder) {
  const names = readdirSync(folder).filter((name) => !name.startsWith('SHA256SUMS'));
  const lines = names.sort().map((name) => `${sha256(join(folder, name))}  ${name}\n`);
  const text = lines.join('');
  writeFileSync(join(folder, 'SHA256SUMS'), text);
  return text;
}

function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
