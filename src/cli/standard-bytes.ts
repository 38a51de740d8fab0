/** Bytes on standard output, as they are, waiting for a slow reader. A reader that went away ends the program quietly. */
import { once } from 'node:events';

export async function writeStandardOutput(bytes: Uint8Array): Promise<void> {
  if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
}
