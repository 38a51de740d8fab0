/** Asks for the passphrase that a backup is encrypted with. */
import { DuplifsError } from '../../base/index.js';
import { machineLog } from '../machine-log/index.js';
import { personality } from '../personality.js';
import { maxVerbosity } from '../verbosity.js';
import { askAsDuplicity, askSecret } from './ask-secret.js';
import { duplicityWords } from './words.js';

/**
 * The passphrase, typed twice where a chain may begin; undefined when nobody answers.
 *
 * @throws DuplifsError INTERRUPTED, KEY when the two are not the same; in duplicity's place, which asks twice for every
 * backup and until the two are the same, NO_PASSPHRASE when nobody answers
 */
export async function askNewPassphrase(isNew: boolean): Promise<Buffer | undefined> {
  if (personality().isDuplicity) return askUntilSame();
  const first = await askSecret(
    isNew ? 'New passphrase of the backup' : 'Passphrase of the backup',
  );
  if (first === undefined || !isNew) return first;
  if ((await askSecret('The same passphrase again'))?.equals(first) === true) return first;
  throw new DuplifsError('KEY', 'The two passphrases are not the same');
}

async function askUntilSame(): Promise<Buffer> {
  for (;;) {
    const first = await askAsDuplicity(duplicityWords.passphrase);
    if (first.length === 0) {
      tell(duplicityWords.isEmpty);
      continue;
    }
    const second = await askAsDuplicity(duplicityWords.again);
    if (second.equals(first)) return first;
    tell(duplicityWords.differ);
  }
}

/** Whatever the verbosity, as duplicity does. */
function tell(text: string): void {
  machineLog().write({ level: 'warning', verbosity: maxVerbosity }, text);
  process.stdout.write(`${text}\n`);
}
