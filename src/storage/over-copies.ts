/** Work on a file of a mirror, once more with the next copy where one is not what it must be. */
import { isDuplifsError } from '../base/index.js';
import type { Storage } from './storage.js';

/**
 * What `work` gives, which reads the file and verifies what it reads. Where it fails with DAMAGED or SIGNATURE, and
 * another storage of a mirror has the file, it is done again with that copy.
 *
 * @throws what `work` throws with the last copy
 */
export async function overCopies<T>(
  { mirror }: Pick<Storage, 'mirror'>,
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  if (mirror === undefined) return work();
  for (;;) {
    const url = mirror.readsFrom(name);
    try {
      return await work();
    } catch (error) {
      const isWrong = url !== undefined && isDuplifsError(error, 'DAMAGED', 'SIGNATURE');
      if (!isWrong || !mirror.passOver(name, url, error)) throw error;
    }
  }
}
