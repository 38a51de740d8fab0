import { it } from 'vitest';
import { hasDuplicity } from '../source/selection/duplicity.js';
import { compareCommandLines, compareSelections } from '../source/selection/random-selection.js';
import { built } from '../support/run.js';

it.runIf(hasDuplicity)('random rules on random trees select what duplicity selects', async () => {
  await compareSelections(300);
});

it.runIf(hasDuplicity)('random command lines select what they do for duplicity', async () => {
  await built();
  await compareCommandLines(200);
});
