/** Writing, beside duplicity (the first one on PATH), restic, and a walk that only looks at every entry. */
import { runScript } from '../../support/process.js';
import { contestOfFull, contestsOfIncrementals } from '../backup.js';

const walk = new URL('../../support/bare-walk.js', import.meta.url).pathname;
const walker = 'bare walk';

const byDuplicity = (atMost) => ({ metric: 'seconds', against: 'duplicity', atMost });

/** @param {import('../../run.js').Context} context */
export async function whole(context) {
  return [
    await contestOfFull(context, [
      { metric: 'clientCpuSeconds', against: 'restic', atMost: 0.5 },
      byDuplicity(0.2),
    ]),
  ];
}

/** @param {import('../../run.js').Context} context */
export async function again(context) {
  const walked = { metric: 'clientCpuSeconds', against: walker, atMost: 2 };
  const targets = {
    unchanged: [walked, byDuplicity(0.2)],
    few: [byDuplicity(0.25)],
    large: [byDuplicity(0.25)],
  };
  return contestsOfIncrementals(context, targets, (source) => ({
    [walker]: async () => {
      const { seconds, cpuSeconds } = await runScript(
        `'${process.execPath}' '${walk}' '${source}'`,
      );
      return { seconds, clientCpuSeconds: cpuSeconds };
    },
  }));
}
