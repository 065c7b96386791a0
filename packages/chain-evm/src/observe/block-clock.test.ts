import { expect, it } from 'vitest';
import { createBlockClock } from './block-clock.ts';

/** Blocks of `period` seconds that are visible 300 ms after their time. */
function rhythm(period: number, blockMs: number) {
  let now = 0;
  const clock = { now: () => 0n, milliseconds: () => now, after: () => () => {} };
  const blocks = createBlockClock(clock, blockMs);
  return {
    blocks,
    lookAt(ms: number) {
      now = ms;
      blocks.saw(BigInt(Math.floor((ms - 300) / (period * 1000)) * period));
    },
    at(ms: number) {
      now = ms;
      return blocks.rhythm()?.untilNext;
    },
  };
}

it('knows nothing before it has seen a block', () => {
  expect(rhythm(2, 2_000).at(5_000)).toBeUndefined();
});

it('learns when blocks become visible from sights at any moment', () => {
  const { lookAt, at } = rhythm(2, 2_000);
  for (const ms of [10_900, 15_100, 18_350, 23_000]) lookAt(ms);
  // Blocks are visible at 24,300 and 26,300; the nearest sight after one was 50 ms late.
  expect(at(24_000)).toBe(350);
  expect(at(25_000)).toBe(1_350);
});

it('notices that blocks come faster than the registry says', () => {
  const { lookAt, at } = rhythm(1, 2_000);
  for (const ms of [10_400, 11_400, 15_310]) lookAt(ms);
  expect(at(20_000)).toBe(310);
});

it('never believes a longer rhythm than the registry’s, however seldom it looks', () => {
  const { lookAt, at } = rhythm(1, 1_000);
  for (const ms of [10_400, 40_400, 90_400]) lookAt(ms);
  expect(at(90_500)).toBe(900);
});

it('begins again when the rhythm shifts', () => {
  const { blocks, lookAt, at } = rhythm(2, 2_000);
  lookAt(10_350);
  // Two blocks late: the old delay cannot hold any more.
  at(22_000);
  blocks.saw(19n);
  expect(at(22_100)).toBe(1_900);
});

it('says nothing of networks whose blocks are faster than their clock', () => {
  const { lookAt, at } = rhythm(1, 250);
  lookAt(10_400);
  expect(at(11_000)).toBeUndefined();
});
