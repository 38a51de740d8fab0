/** Times a command on a mount. */
import { runScript } from './process.js';

/**
 * @param {import('./process.js').Server} server of the mount
 * @param {string} script
 * @returns {Promise<import('./contest.js').Sample>}
 */
export async function timed(server, script) {
  const before = server.cpuSeconds();
  const { seconds, cpuSeconds } = await runScript(script);
  return {
    seconds,
    serverCpuSeconds: server.cpuSeconds() - before,
    clientCpuSeconds: cpuSeconds,
    peakMegabytes: server.peakMegabytes(),
  };
}
