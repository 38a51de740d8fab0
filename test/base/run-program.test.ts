import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DuplifsError, runProgram, startProgram } from '../../src/base/index.js';

const startError = { code: 'KEY', hint: 'Install it' } as const;
const node = process.execPath;
const script = (text: string) => ['-e', text];

describe('a program that is run to its end', () => {
  it('gives what it printed and its exit code, which is no error', async () => {
    const text =
      'process.stdout.write("out\\n"); process.stderr.write("err\\n"); process.exitCode = 3';
    const result = await runProgram(node, script(text), { startError });
    expect(result).toMatchObject({ exitCode: 3, signal: undefined, isOverLimit: false });
    expect(result.stdout.toString()).toBe('out\n');
    expect(result.stderr).toBe('err\n');
  });

  it('gives the signal that ended it', async () => {
    const result = await runProgram('sh', ['-c', 'kill -TERM $$'], { startError });
    expect(result).toMatchObject({ exitCode: undefined, signal: 'SIGTERM' });
  });

  it('gets bytes on standard input and further descriptors, and writes to others', async () => {
    const result = await runProgram('sh', ['-c', 'cat; cat <&3 >&4'], {
      startError,
      input: Buffer.from([0, 255, 10]),
      extraPipes: [{ kind: 'input', bytes: Buffer.from('secret') }, { kind: 'output' }],
    });
    expect([...result.stdout]).toEqual([0, 255, 10]);
    expect(result.extra.map(String)).toEqual(['', 'secret']);
  });

  it('sees the environment that it is given, added to ours or alone', async () => {
    const show = ['-c', 'echo "$HOME $MINE"'];
    const env = { MINE: 'mine' };
    const added = await runProgram('/bin/sh', show, { startError, env });
    expect(added.stdout.toString()).toBe(`${process.env['HOME']} mine\n`);
    const alone = await runProgram('/bin/sh', show, { startError, env, inheritEnv: false });
    expect(alone.stdout.toString()).toBe(' mine\n');
  });

  it('ends before it has read its input, and that is no error', async () => {
    const input = Buffer.alloc(8 * 1024 * 1024);
    const result = await runProgram('true', [], { startError, input });
    expect(result).toMatchObject({ exitCode: 0, signal: undefined });
  });

  it('gets a stream on standard input, which is destroyed when it is not wanted any more', async () => {
    const whole = Readable.from([Buffer.from('one '), Buffer.from('two')]);
    const read = await runProgram('cat', [], { startError, input: whole });
    expect(read.stdout.toString()).toBe('one two');
    const endless = new PassThrough();
    const result = await runProgram('true', [], { startError, input: endless });
    expect(result.exitCode).toBe(0);
    await expect.poll(() => endless.destroyed).toBe(true);
  });

  it('and is not there: the error names it, says why and what to do', async () => {
    const missing = runProgram('no-such-program', [], { startError, input: 'x' });
    const error: unknown = await missing.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DuplifsError);
    expect(error).toMatchObject({
      code: 'KEY',
      message: 'Cannot run "no-such-program": spawn no-such-program ENOENT',
      hint: 'Install it',
      cause: { code: 'ENOENT', syscall: 'spawn no-such-program' },
    });
  });

  it('writes more than the limit: it is ended, and what fits is there', async () => {
    // goes on for a minute unless it is ended
    const text =
      'process.stdout.on("error", () => 0); process.stdout.write("x".repeat(5000)); setTimeout(() => 0, 60_000)';
    const result = await runProgram(node, script(text), { startError, maxOutputBytes: 1000 });
    expect(result.isOverLimit).toBe(true);
    expect(result.stdout.toString()).toBe('x'.repeat(1000));
  }, 20_000);

  it('writes exactly the limit, which is allowed', async () => {
    const result = await runProgram('printf', ['12345'], { startError, maxOutputBytes: 5 });
    expect(result).toMatchObject({ exitCode: 0, isOverLimit: false });
    expect(result.stdout.toString()).toBe('12345');
  });

  it('complains at length: the end of it is kept', async () => {
    const args = ['-c', 'for i in 1 2 3 4 5 6 7 8 9; do echo "line $i" >&2; done'];
    const result = await runProgram('sh', args, { startError, maxStderrBytes: 14 });
    expect(result).toMatchObject({ exitCode: 0, stderr: 'line 8\nline 9\n' });
  });

  it('takes longer than it may, and is ended', async () => {
    const result = await runProgram('sleep', ['60'], { startError, timeoutSeconds: 0.2 });
    expect(result).toMatchObject({ signal: 'SIGTERM', isTimedOut: true });
  });
});

describe('an abort', () => {
  it('ends the program, and the reason is thrown', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const started = Date.now();
    const running = runProgram('sleep', ['60'], { startError, signal });
    setTimeout(() => {
      controller.abort(new Error('Enough'));
    }, 200);
    await expect(running).rejects.toThrow('Enough');
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it('that came first lets no program start', async () => {
    const signal = AbortSignal.abort(new Error('Before'));
    await expect(runProgram('no-such-program', [], { startError, signal })).rejects.toThrow(
      'Before',
    );
    await expect(startProgram('no-such-program', [], { startError, signal })).rejects.toThrow(
      'Before',
    );
  });

  it('ends a program that streams', async () => {
    const controller = new AbortController();
    const program = await startProgram('cat', [], { startError, signal: controller.signal });
    controller.abort(new Error('Enough'));
    await expect(program.ended).rejects.toThrow('Enough');
    expect(program.isAlive).toBe(false);
  });
});

describe('a program that streams', () => {
  it('gives back what it is given, while it runs', async () => {
    const program = await startProgram('cat', [], { startError, stderr: 'discard' });
    const parts: string[] = [];
    program.stdin.write('hello');
    for await (const part of program.stdout ?? []) {
      if (parts.length === 0) expect(program.isAlive).toBe(true);
      parts.push(String(part));
      if (parts.length === 1) program.stdin.end('again');
    }
    expect(parts).toEqual(['hello', 'again']);
    expect(await program.ended).toEqual({ exitCode: 0, signal: undefined });
  });

  it('that has ended takes writes without an error', async () => {
    const program = await startProgram('true', [], { startError });
    program.stdout?.resume();
    program.stderr?.resume();
    for (let i = 0; i < 10; i += 1) {
      program.stdin.write(Buffer.alloc(1024 * 1024));
      await sleep(10);
    }
    expect(await program.ended).toEqual({ exitCode: 0, signal: undefined });
    expect(program.isAlive).toBe(false);
  });

  it('is killed', async () => {
    const program = await startProgram('sleep', ['60'], {
      startError,
      stdout: 'discard',
      stderr: 'discard',
    });
    expect(program.isAlive).toBe(true);
    program.kill();
    expect(await program.ended).toEqual({ exitCode: undefined, signal: 'SIGTERM' });
  });

  it('and is not there: a clear error', async () => {
    await expect(startProgram('no-such-program', [], { startError })).rejects.toMatchObject({
      code: 'KEY',
      message: 'Cannot run "no-such-program": spawn no-such-program ENOENT',
    });
  });
});
