import { describe, it } from 'vitest';
import { hasDuplicity } from './duplicity.js';
import { compareSelections } from './random-selection.js';

describe.runIf(hasDuplicity)('random rules on random trees', () => {
  it('select what duplicity selects (many more in test/long)', async () => {
    await compareSelections(40);
  });
});
