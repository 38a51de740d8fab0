/** The configuration of several storages as one: duplicity's JSON file and the URL's parameters. */
import { readFile, stat } from 'node:fs/promises';
import * as zod from 'zod';
import { errorText } from '../../base/index.js';
import { StorageError } from '../errors.js';
import type { StorageUrl } from '../url.js';

const store = zod.object({
  description: zod.string().optional(),
  url: zod.string().min(1),
  env: zod.array(zod.object({ name: zod.string(), value: zod.string() })).optional(),
  prefixes: zod.array(zod.string()).optional(),
});
const stores = zod.array(store).min(1).max(100);

export type Store = zod.infer<typeof store>;

export interface MultiConfig {
  readonly path: string;
  readonly stores: readonly Store[];
  /** mirror: every file on every store; stripe: every file on one. */
  readonly mode: 'mirror' | 'stripe';
  /** Whether a store that fails is passed over, where the others can do without it. */
  readonly onFailure: 'continue' | 'abort';
}

const maxBytes = 1024 * 1024;

export async function multiConfig(url: StorageUrl): Promise<MultiConfig> {
  const path = url.host === '' ? url.path : `${url.host}${url.path}`;
  return {
    path,
    stores: await readStores(path, url.query.get('subpath')),
    mode: oneOf(url.query, 'mode', ['stripe', 'mirror']),
    onFailure: oneOf(url.query, 'onfail', ['continue', 'abort']),
  };
}

async function readStores(path: string, subpath: string | null): Promise<Store[]> {
  let text: string;
  try {
    if ((await stat(path)).size > maxBytes) throw new Error('it is too large');
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new StorageError('STORAGE_URL', `Cannot read "${path}": ${errorText(error)}`, {
      hint: 'Write multi:///path/to/config.json?mode=mirror',
    });
  }
  try {
    const found = stores.parse(JSON.parse(text));
    if (subpath === null) return found;
    return found.map((each) => ({ ...each, url: `${each.url.replace(/\/$/, '')}/${subpath}` }));
  } catch {
    // not what zod says: it may quote the file, which may hold passwords
    throw new StorageError('STORAGE_URL', `"${path}" is no list of storages`, {
      hint: 'It is a JSON array of objects with "url", and perhaps "env", "prefixes", "description"',
    });
  }
}

/** The parameter's value; the first one allowed without it. */
function oneOf<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[]): T {
  const value = query.get(name) ?? allowed[0];
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  throw new StorageError('STORAGE_URL', `"${name}" of a multi URL cannot be "${value ?? ''}"`, {
    hint: `It is one of ${allowed.join(', ')}`,
  });
}
