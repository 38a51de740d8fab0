/** Mounts by an engine alone, over a file system of the tests, and programs that look at them. */
import { createInterface } from 'node:readline';
import { compiledScript } from '../../support/compiled.js';
import { MountProcess, mountPlace } from '../../support/mount-process.js';
import type { MountCommand } from '../../support/mount-process.js';
import { nobody, runAsNobody, throughNobody } from '../../support/other-user.js';
import { run } from '../../support/run.js';
import type { Finished } from '../../support/run.js';
import type { ServeRequest } from './serve.js';

const programMs = 50_000;

export type Message = Readonly<Record<string, unknown>>;

/** A process that serves a mount, or tried to. */
export class Served extends MountProcess {
  readonly messages: Message[] = [];
  #wake: () => void = () => undefined;

  constructor(command: MountCommand) {
    super(command);
    createInterface(this.output).on('line', (line) => {
      this.messages.push(JSON.parse(line) as Message);
      this.#wake();
    });
    void this.ended.then(() => {
      this.#wake();
    });
  }

  /** Waits for a message with this key, or fails when the process ends without one. */
  async message(key: string): Promise<Message> {
    for (;;) {
      const found = this.messages.find((message) => key in message);
      if (found !== undefined) return found;
      if (!this.isRunning) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        const late = this.messages.find((message) => key in message);
        if (late !== undefined) return late;
        throw new Error(`The mount ended: ${JSON.stringify(this.messages)} ${this.log}`);
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What the file system was asked so far. */
  async report(): Promise<{ calls: Record<string, number>; aborted: number; rss: number }> {
    this.messages.splice(0, this.messages.length, ...this.messages.filter((m) => !('calls' in m)));
    this.signal('SIGUSR1');
    return (await this.message('calls')) as never;
  }

  /** What the engine has logged. */
  logged(): string[] {
    return this.messages.flatMap(({ log }) => (typeof log === 'string' ? [log] : []));
  }
}

const running = new Set<Served>();

export interface StartRequest extends Omit<ServeRequest, 'mountpoint'> {
  /** Mount there instead of in a new folder. */
  readonly mountpoint?: string;
  readonly asNobody?: boolean;
}

/** Starts a mount, and does not wait for it; `through` changes the command line. */
export async function start(
  { asNobody = false, ...request }: StartRequest,
  through: (command: string[]) => string[] = (command) => command,
): Promise<Served> {
  const script = await compiledScript('test/mount/support/serve.ts');
  const place = await mountPlace(request.mountpoint, asNobody ? nobody : 0);
  const whole = JSON.stringify({ ...request, mountpoint: place.mountpoint });
  const user = asNobody ? throughNobody : [];
  const served = new Served({ command: through([...user, 'node', script, whole]), place });
  running.add(served);
  return served;
}

/** Starts a mount and waits until it answers. */
export async function serve(...request: Parameters<typeof start>): Promise<Served> {
  const served = await start(...request);
  await served.message('ready');
  return served;
}

/** A mount that lives through several tests; its `remove` ends it. */
export async function shared(...request: Parameters<typeof start>): Promise<Served> {
  const served = await serve(...request);
  running.delete(served);
  return served;
}

/** Unmounts and ends whatever a test left behind; call it after each test. */
export async function cleanUp(): Promise<void> {
  for (const served of running) await served.remove();
  running.clear();
}

/** Runs a program that may look at a mount, in this process's stead; a byte of its output is a character. */
export async function program(
  command: readonly string[],
  options: { asNobody?: boolean; cwd?: string; timeoutMs?: number } = {},
): Promise<Finished> {
  const { asNobody = false, cwd = '/', timeoutMs = programMs } = options;
  const settings = { cwd, timeoutMs, encoding: 'latin1' } as const;
  if (asNobody) return runAsNobody(command, settings);
  const [name = '', ...words] = command;
  return run(name, words, settings);
}

/** Runs a shell script with the mountpoint as $1, and expects it to succeed in silence. */
export async function script(text: string, mountpoint: string): Promise<string> {
  const words = ['-c', `set -e\n${text}`, 'bash', mountpoint];
  const { status, stdout, stderr } = await run('bash', words, { cwd: '/', timeoutMs: programMs });
  if (status !== 0 || stderr !== '') throw new Error(`status ${status}: ${stderr}`);
  return stdout;
}
