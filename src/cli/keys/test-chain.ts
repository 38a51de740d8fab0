import type { Chain } from '../../archive/index.js';
import { plural } from '../../archive/index.js';
import type { DuplifsError } from '../../base/index.js';
import { proveRestore } from '../../target/index.js';
import type { ProvenSet, Target } from '../../target/index.js';
import { formatLocalTime, formatStamp } from '../../time/index.js';
import type { CommonOptions } from '../common-options.js';
import type { CommandContext } from '../run-command.js';
import { openerText } from './opener-text.js';

/** What a test of a chain has shown. */
export interface ChainTest {
  readonly lines: readonly string[];
  readonly json: object;
  readonly failure: DuplifsError | undefined;
}

/** Opens a chain as far as that goes. */
export async function testChain(
  target: Target,
  chain: Chain,
  { passphraseFile }: Pick<CommonOptions, 'passphraseFile'>,
  { log, signal }: CommandContext,
): Promise<ChainTest> {
  const { proven, failure } = await proveRestore(target, chain, signal);
  const openers = new Map<ProvenSet, string>();
  for (const set of proven) {
    openers.set(set, await openerText(set.opener, passphraseFile, log));
  }
  const sampled = proven.filter(({ volumeName }) => volumeName !== undefined);
  const whole = chain.sets.filter(({ complete }) => complete).length;
  const head = `Chain of ${formatStamp(chain.startSeconds)}, newest backup ${formatLocalTime(chain.endSeconds)}`;
  const lines = [
    `${head}: ${failure === undefined ? 'can be restored' : 'CANNOT be restored'}`,
    `  ${proven.length} of ${whole} ${plural(whole, 'manifest')} opened, by ${[...new Set(openers.values())].join(', ') || 'nothing'}`,
    ...sampled.map(({ volumeName }) => `  a block of "${volumeName ?? ''}" unpacked`),
    ...(failure === undefined ? [] : [`  ${failure.error.message}`, ...hintLines(failure.error)]),
  ];
  const json = {
    chain: chain.sets[0]?.key,
    endSeconds: chain.endSeconds,
    canRestore: failure === undefined,
    sets: proven.map((set) => ({
      set: set.setKey,
      manifest: set.manifestName,
      volume: set.volumeName ?? null,
      openedBy: openerObject(set),
    })),
    failure: failure && {
      set: failure.setKey,
      code: failure.error.code,
      message: failure.error.message,
    },
  };
  return { lines, json, failure: failure?.error };
}

function hintLines({ hint }: DuplifsError): string[] {
  return hint === undefined ? [] : [`  → ${hint}`];
}

/** Without the passphrase. */
function openerObject({ opener }: ProvenSet): object | null {
  if (opener === undefined) return null;
  if (opener.kind === 'passphrase') return { kind: opener.kind };
  return opener.kind === 'gpg'
    ? { kind: opener.kind, keyId: opener.keyId ?? null }
    : { kind: opener.kind, keyId: opener.keyId, file: opener.path };
}
