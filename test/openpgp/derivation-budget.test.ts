import { describe, expect, it } from 'vitest';
import { DerivationBudget } from '../../src/openpgp/keys/derivation-budget.js';

const dearest = 65_011_712;

describe('the budget for derivations that open nothing', () => {
  it('is used up by some dozens of the dearest', () => {
    const budget = new DerivationBudget();
    let spent = 0;
    while (spent < 1000 && budget.spend(dearest)) spent += 1;
    expect(spent).toBeGreaterThanOrEqual(64);
    expect(spent).toBeLessThan(70);
  });

  it('is never used up where most succeed', () => {
    const budget = new DerivationBudget();
    for (let n = 0; n < 1000; n += 1) {
      expect(budget.spend(dearest)).toBe(true);
      if (n % 4 === 0) budget.earn(dearest);
    }
  });
});
