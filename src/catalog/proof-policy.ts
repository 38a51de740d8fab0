/**
 * Under which demands the rows of a set were proven. Rows that were made with weaker ones are not used by whoever demands
 * more: else what a careless run has taken would be what a careful one shows.
 */
import type { SetTimes } from '../archive/index.js';
import type { Target } from '../target/index.js';
import type { Connection } from './schema.js';

/** What was not demanded, though it is unless a user says so. */
type Waived = 'mdc' | 'old-keys' | 'protection';

export interface ProofPolicy {
  /** The id of the key whose signature was demanded, in upper case; '' when none was. */
  readonly signKey: string;
  readonly waived: readonly Waived[];
}

/** What this process demands of a set. */
export function policyOf(
  target: Pick<Target, 'decode' | 'trust' | 'signKeyFor'>,
  times: SetTimes,
): ProofPolicy {
  const { decode, trust } = target;
  const waived: Waived[] = [];
  if (decode.ignoreMdcError === true) waived.push('mdc');
  if (decode.keyring.allowOldKeys) waived.push('old-keys');
  if (trust.allowUnprotected) waived.push('protection');
  const signKey = (target.signKeyFor(times) ?? '').replace(/^0x|\s/gi, '').toUpperCase();
  return { signKey, waived };
}

/** As it stands in the catalog. */
export function formatPolicy({ signKey, waived }: ProofPolicy): string {
  return [signKey, ...waived].join(' ');
}

/** Whether what the catalog notes for a set is at least what is demanded now. */
export function isAsStrict(noted: string, { signKey, waived }: ProofPolicy): boolean {
  const [signer = '', ...notedWaived] = noted.split(' ');
  const isSigned = signKey === '' || (signer !== '' && signer.endsWith(signKey));
  return isSigned && notedWaived.every((one) => (waived as readonly string[]).includes(one));
}

/**
 * To be called before rows are written: from then on the set counts as proven under what both this process and those
 * before it have demanded, and no more.
 */
export function notePolicy(connection: Connection, setId: number, policy: ProofPolicy): void {
  const noted = connection
    .prepare<[number], string>('SELECT policy FROM sets WHERE id = ?')
    .pluck()
    .get(setId);
  if (noted === undefined) return; // the set has vanished
  const common = formatPolicy(commonPolicy(noted, policy));
  if (common === noted) return;
  connection.prepare('UPDATE sets SET policy = ? WHERE id = ?').run(common, setId);
}

function commonPolicy(noted: string, { signKey, waived }: ProofPolicy): ProofPolicy {
  const [signer, ...notedWaived] = noted.split(' ') as [string, ...Waived[]];
  const signers = [signer, signKey].toSorted((a, b) => a.length - b.length);
  const [short = '', long = ''] = signers;
  return {
    signKey: long.endsWith(short) ? short : '',
    waived: [...new Set([...notedWaived, ...waived])],
  };
}
