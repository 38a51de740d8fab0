import { describe, it } from 'vitest';
import { built } from '../../support/run.js';
import { hasDuplicity } from './duplicity.js';
import { compareCommandLines, compareSelections } from './random-selection.js';

describe.runIf(hasDuplicity)('random rules on random trees', () => {
  it('select what duplicity selects (many more in test/long)', async () => {
    await compareSelections(40);
  });

  it('select what duplicity selects when they are options of the program', async () => {
    await built();
    await compareCommandLines(15);
  });
});
