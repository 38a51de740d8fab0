/** Child processes: run to the end and timed, or served until stopped. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { clearTimeout, setTimeout } from 'node:timers';
import { TreePeak } from './tree-peak.js';

/** Without what a machine may add to every start of Node.js: loading certificates takes 0.1 s. */
const plainEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('NODE_')),
);

/**
 * @typedef {object} Run
 * @property {number} seconds wall-clock time from start to exit
 * @property {number} cpuSeconds user and system time of the command and all that it started
 * @property {number} [peakMegabytes] the most memory of all of them at one time, where that was asked for
 * @property {string} stdout
 */

/**
 * Runs a shell script to its end; fails when it does.
 *
 * @param {string} script for bash
 * @param {{ cwd?: string, env?: Record<string, string>, allowFailure?: boolean, hasPeak?: boolean }} [options]
 * @returns {Promise<Run>}
 */
export async function runScript(script, options = {}) {
  const { cwd, env, allowFailure = false, hasPeak = false } = options;
  const started = process.hrtime.bigint();
  const child = spawn(
    'bash',
    ['-c', `set -o pipefail; ${script}\ncode=$?; times >&3; exit $code`],
    {
      cwd,
      env: { ...plainEnvironment, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const [stdout, stderr, times] = child.stdio.slice(1).map(collected);
  const peak = hasPeak ? new TreePeak(child.pid) : undefined;
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const peakMegabytes = peak?.stop();
  if (code !== 0 && !allowFailure) {
    throw new Error(`Failed with ${code}: ${script}\n${stderr().slice(-2000)}`);
  }
  return { seconds, cpuSeconds: shellTimes(times()), peakMegabytes, stdout: stdout() };
}

/** A process that serves a mount in the foreground. */
export class Server {
  #child;
  #output = '';
  #ended;

  /**
   * @param {readonly string[]} command
   * @param {Record<string, string>} env
   */
  constructor([program, ...args], env) {
    this.#child = spawn(program, args, {
      env: { ...plainEnvironment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', (chunk) => {
        this.#output = (this.#output + chunk).slice(-4000);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', resolve);
      this.#child.on('close', resolve);
    });
  }

  get pid() {
    return this.#child.pid;
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** The end of what it printed. */
  get output() {
    return this.#output;
  }

  /** Seconds of user and system time so far, of it and of the children that it has waited for. */
  cpuSeconds() {
    // the fields after the command's name, which may hold anything
    const fields = this.#read('stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    const ticksPerSecond = 100;
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return ticks / ticksPerSecond;
  }

  /** The most memory that it had resident so far, in MB. */
  peakMegabytes() {
    return (Number(/^VmHWM:\s+(\d+) kB/m.exec(this.#read('status'))?.[1]) * 1024) / 1e6;
  }

  /** Waits until it has ended by itself, and ends it after ten seconds. */
  async end() {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(timer);
  }

  kill() {
    this.#child.kill('SIGKILL');
  }

  #read(name) {
    return readFileSync(`/proc/${this.pid}/${name}`, 'latin1');
  }
}

function collected(stream) {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/** The sum of what bash's `times` prints: the shell's own, then its children's, user and system. */
function shellTimes(printed) {
  const times = [...printed.matchAll(/(\d+)m([\d.]+)s/g)];
  return times.reduce((sum, [, minutes, seconds]) => sum + minutes * 60 + Number(seconds), 0);
}
