/**
 * Names under the libfuse engine. fuse-native hands paths over as UTF-8 text, so a name that is not UTF-8
 * is shown under an alias (native-notes/fuse-native.md): "%bytes%", and then the name with each byte that
 * is not UTF-8, and each "%", as "%" and two hexadecimal digits. "caf\xe9" is seen as "%bytes%caf%E9". A name
 * that really begins with "%bytes%" is shown under its alias too, so that no two names meet.
 */
import { decodeName, encodeName, hasEscapes } from '../../base/index.js';

const mark = '%bytes%';
const escaped = /%|[\udc80-\udcff](?<![\ud800-\udbff][\udc00-\udfff])/g;

/** The name as libfuse shows it. */
export function aliasOf(name: string): string {
  if (!hasEscapes(name) && !name.startsWith(mark)) return name;
  return mark + name.replace(escaped, (unit) => percent(unit.charCodeAt(0) & 0xff));
}

/** The name that an alias stands for; undefined for what `aliasOf` never makes. */
export function nameOf(alias: string): string | undefined {
  if (!alias.startsWith(mark)) return alias;
  const name = alias
    .slice(mark.length)
    .replace(/%([0-9A-F]{2})/g, (_, digits: string) => unit(Number.parseInt(digits, 16)));
  const isWellMade = aliasOf(name) === alias && decodeName(encodeName(name)) === name;
  return isWellMade ? name : undefined;
}

/** A symbolic link's target with each of its components as it is seen in the mount. */
export function aliasOfTarget(target: string): string {
  return target.split('/').map(aliasOf).join('/');
}

function unit(byte: number): string {
  return byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte);
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
