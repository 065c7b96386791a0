import { expect, it } from 'vitest';
import { createPace } from './pace.ts';

const unknown = () => undefined;

it('looks at once on a network it does not know, then less and less often', () => {
  const pace = createPace(2_000, unknown);
  expect(pace.afterBroadcast()).toBe(2);
  const pauses = Array.from({ length: 8 }, () => pace.afterTick());
  expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 500, 500]);
});

it('learns the lag where no rhythm is known, and never waits longer than a block', () => {
  const pace = createPace(2_000, unknown);
  for (let i = 0; i < 100; i += 1) pace.sighted(900);
  expect(pace.afterBroadcast()).toBeGreaterThan(800);
  expect(pace.afterBroadcast()).toBeLessThanOrEqual(900);
  for (let i = 0; i < 100; i += 1) pace.sighted(60_000);
  expect(pace.afterBroadcast()).toBe(2_000);
});

it('finds ever shorter lags of a network that includes at once', () => {
  const pace = createPace(2_000, unknown);
  pace.sighted(300);
  for (let i = 0; i < 30; i += 1) pace.sighted(pace.afterBroadcast() + 1);
  expect(pace.afterBroadcast()).toBeLessThan(5);
});

it('looks when the next block is due, soon again when that is late, and then at the one after', () => {
  let due = 700;
  const pace = createPace(1_000, () => due);
  for (let i = 0; i < 100; i += 1) pace.sighted(600);
  expect(pace.afterBroadcast()).toBe(715);
  due = 985;
  expect(pace.afterTick()).toBe(45);
  due = 940;
  expect(pace.afterTick()).toBe(45);
  due = 895;
  expect(pace.afterTick()).toBe(910);
});
