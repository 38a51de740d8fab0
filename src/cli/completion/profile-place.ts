/** Where the backup of a profile lies, as far as its files say it themselves: what a program or a file would tell is left. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { expandPath } from '../line/expand-path.js';
import { profilePaths } from '../profile/names-profile.js';

export interface ProfilePlace {
  readonly url?: string | undefined;
  readonly archiveDir?: string | undefined;
  readonly name?: string | undefined;
}

const mostFiles = 16;

/** Undefined where there is no such profile, or it cannot be read. */
export async function placeOfProfile(profile: string): Promise<ProfilePlace | undefined> {
  const waiting = [profile];
  let place: ProfilePlace | undefined;
  for (let count = 0; count < mostFiles; count += 1) {
    const next = waiting.shift();
    const values = next === undefined ? undefined : await valuesOf(next);
    if (values === undefined) return place;
    const { url, name, extends: bases, 'archive-dir': archiveDir } = values;
    place = {
      url: place?.url ?? text(url) ?? fromEnvironment(url),
      archiveDir: place?.archiveDir ?? folder(archiveDir),
      name: place?.name ?? text(name),
    };
    for (const base of Array.isArray(bases) ? (bases as unknown[]) : [bases]) {
      if (typeof base === 'string') waiting.push(base);
    }
  }
  return place;
}

/** Without all that checking a profile needs: nothing of it is used but these places. */
async function valuesOf(profile: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  for (const path of profilePaths(profile)) {
    const toml = await readFile(path, 'utf8').catch(() => undefined);
    if (toml === undefined) continue;
    const { parse } = await import('smol-toml');
    try {
      return parse(toml);
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function folder(value: unknown): string | undefined {
  const home = { HOME: homedir() };
  return typeof value === 'string' ? expandPath(value, home) : undefined;
}

function fromEnvironment(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('environment' in value)) return undefined;
  return typeof value.environment === 'string' ? process.env[value.environment] : undefined;
}
