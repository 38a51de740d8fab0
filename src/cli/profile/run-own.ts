/** Another command of duplifs, with our terminal. */
import { spawn } from 'node:child_process';

/** Runs it to its end; its exit code, 1 where a signal has ended it. */
export async function runOwn(
  args: readonly string[],
  stdio: 'inherit' | 'quiet' = 'inherit',
): Promise<number> {
  const [, script = ''] = process.argv;
  const output = stdio === 'quiet' ? (['ignore', 'ignore', 'inherit'] as const) : 'inherit';
  return await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: typeof output === 'string' ? output : [...output],
    });
    child.once('error', reject).once('close', (status) => {
      resolve(status ?? 1);
    });
  });
}
