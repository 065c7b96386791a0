import { describe, expect, it } from 'vitest';
import { waitFor } from './prefer.ts';

describe('waitFor', () => {
  it.each([
    [undefined, 20_000, undefined],
    ['wait=5', 5_000, 'wait=5'],
    ['respond-async, wait=10', 10_000, 'wait=10'],
    ['WAIT = "7"', 7_000, 'wait=7'],
    [['respond-async', 'wait=9'], 9_000, 'wait=9'],
    ['wait=999', 60_000, 'wait=60'],
    ['wait=0', 1_000, 'wait=1'],
    ['wait=-3', 20_000, undefined],
    ['wait=soon', 20_000, undefined],
    ['await=5', 20_000, undefined],
    [`wait=${'9'.repeat(400)}`, 20_000, undefined],
  ])('%j waits %d ms', (prefer, ms, applied) => {
    expect(waitFor(prefer, 20_000)).toEqual({ ms, applied });
  });
});
