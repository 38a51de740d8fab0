import { describe, expect, it } from 'vitest';
import { formatPolicy, isAsStrict } from '../../src/catalog/proof-policy.js';
import type { ProofPolicy } from '../../src/catalog/proof-policy.js';

const nothing: ProofPolicy = { signKey: '', waived: [] };
const signed = (signKey: string): ProofPolicy => ({ signKey, waived: [] });

describe('rows of the catalog', () => {
  it('that were proven with a signature serve who demands it, under any form of the id, and who does not', () => {
    const noted = formatPolicy(signed('0123456789ABCDEF'));
    expect(isAsStrict(noted, signed('89ABCDEF'))).toBe(true);
    expect(isAsStrict(noted, nothing)).toBe(true);
    expect(isAsStrict(noted, signed('FEDCBA98'))).toBe(false);
  });

  it('that were proven without one do not serve who demands it', () => {
    expect(isAsStrict(formatPolicy(nothing), signed('89ABCDEF'))).toBe(false);
    expect(isAsStrict(formatPolicy(signed('89ABCDEF')), signed('0123456789ABCDEF'))).toBe(false);
  });

  it('for which something was waived serve only who waives it as well', () => {
    const noted = formatPolicy({ signKey: '', waived: ['mdc'] });
    expect(isAsStrict(noted, nothing)).toBe(false);
    expect(isAsStrict(noted, { signKey: '', waived: ['old-keys'] })).toBe(false);
    expect(isAsStrict(noted, { signKey: '', waived: ['mdc', 'protection'] })).toBe(true);
  });
});
