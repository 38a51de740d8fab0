/** The most memory that a process and all below it had resident at one time, by looking every few milliseconds. */
import { readFileSync, readdirSync } from 'node:fs';
import { clearInterval, setInterval } from 'node:timers';

const everyMilliseconds = 25;

export class TreePeak {
  #pid;
  #timer;
  #mostOfAll = 0;
  #mostOfOne = 0;

  /** @param {number} pid of the process at the top */
  constructor(pid) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#look(), everyMilliseconds);
  }

  /**
   * Stops looking.
   *
   * @returns {number} MB. The kernel keeps the peak of each process, so what is missed between two looks is
   *   only what several processes take at once.
   */
  stop() {
    clearInterval(this.#timer);
    return (Math.max(this.#mostOfAll, this.#mostOfOne) * 1024) / 1e6;
  }

  #look() {
    let together = 0;
    for (const pid of family(this.#pid)) {
      const status = read(`/proc/${pid}/status`);
      together += kibibytes(status, 'VmRSS');
      this.#mostOfOne = Math.max(this.#mostOfOne, kibibytes(status, 'VmHWM'));
    }
    this.#mostOfAll = Math.max(this.#mostOfAll, together);
  }
}

/** @returns {number[]} the process and all that descend from it */
function family(pid) {
  const found = [pid];
  for (const member of found) {
    for (const thread of threads(member)) {
      const children = read(`/proc/${member}/task/${thread}/children`).trim();
      if (children !== '') found.push(...children.split(' ').map(Number));
    }
  }
  return found;
}

function threads(pid) {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it has ended
  }
}

function read(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function kibibytes(status, field) {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}
