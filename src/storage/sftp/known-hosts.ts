/** Host keys as OpenSSH keeps them (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
import { createHash, createHmac } from 'node:crypto';

export interface HostKey {
  /** The key's type, "ssh-ed25519" and the like. */
  readonly type: string;
  readonly blob: Buffer;
  readonly revoked: boolean;
}

export type Verdict = 'known' | 'unknown' | 'changed' | 'revoked';

/**
 * The keys that the text of a known_hosts file has for a host, given as it stands there: "host" or "[host]:port".
 * Certificate authorities are not used.
 */
export function hostKeys(text: string, sought: string): HostKey[] {
  const keys: HostKey[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const [names = '', type = '', base64 = ''] = words;
    if (names === '' || names.startsWith('#') || marker === '@cert-authority') continue;
    if (!matches(names, sought.toLowerCase())) continue;
    keys.push({ type, blob: Buffer.from(base64, 'base64'), revoked: marker === '@revoked' });
  }
  return keys;
}

/** What is to be thought of the key that a server shows. */
export function judge(keys: readonly HostKey[], blob: Buffer): Verdict {
  const same = keys.filter((key) => key.blob.equals(blob));
  if (same.some(({ revoked }) => revoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return keys.some(({ revoked }) => !revoked) ? 'changed' : 'unknown';
}

/** As `judge`, where keys of the host without its port count if there are none with it, as for OpenSSH. */
export function judgeHost(
  named: readonly HostKey[],
  unported: readonly HostKey[],
  blob: Buffer,
): Verdict {
  const verdict = judge(named, blob);
  if (verdict !== 'unknown') return verdict;
  const second = judge(unported, blob);
  // a host may have another server at another port
  return second === 'changed' ? 'unknown' : second;
}

/** The algorithms to ask for, so that the server shows a key of a type that is known; all when empty. */
export function hostKeyAlgorithms(keys: readonly HostKey[]): string[] {
  const types = new Set(keys.filter(({ revoked }) => !revoked).map(({ type }) => type));
  return [...types].flatMap((type) =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type],
  );
}

/** A line for a known_hosts file. */
export function hostLine(name: string, blob: Buffer): string {
  return `${name} ${keyType(blob)} ${blob.toString('base64')}\n`;
}

/** A key's fingerprint as OpenSSH shows it. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The first string in a key's blob (RFC 4253, 6.6). */
function keyType(blob: Buffer): string {
  return blob.length < 4 ? '' : blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');
}

function matches(names: string, sought: string): boolean {
  if (names.startsWith('|1|')) return matchesHash(names, sought);
  let found = false;
  for (const name of names.toLowerCase().split(',')) {
    const negated = name.startsWith('!');
    if (!glob(negated ? name.slice(1) : name).test(sought)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function matchesHash(name: string, sought: string): boolean {
  const [, , salt = '', hash = ''] = name.split('|');
  const own = createHmac('sha1', Buffer.from(salt, 'base64')).update(sought).digest('base64');
  return own === hash;
}

function glob(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
