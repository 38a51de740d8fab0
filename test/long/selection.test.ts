import { it } from 'vitest';
import { hasDuplicity } from '../backup/selection/duplicity.js';
import { compareSelections } from '../backup/selection/random-selection.js';

it.runIf(hasDuplicity)('random rules on random trees select what duplicity selects', async () => {
  await compareSelections(300);
});
