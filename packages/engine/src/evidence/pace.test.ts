import { expect, it } from 'vitest';
import { createPace } from './pace.ts';

it('looks at once on a network it does not know', () => {
  expect(createPace(2_000).afterBroadcast()).toBe(20);
});

it('learns when to look first, and never waits longer than a block', () => {
  const pace = createPace(2_000);
  for (let i = 0; i < 100; i += 1) pace.sighted(900);
  expect(pace.afterBroadcast()).toBeGreaterThan(800);
  expect(pace.afterBroadcast()).toBeLessThanOrEqual(900);
  for (let i = 0; i < 100; i += 1) pace.sighted(60_000);
  expect(pace.afterBroadcast()).toBe(2_000);
});

it('turns to shorter lags quickly', () => {
  const pace = createPace(2_000);
  for (let i = 0; i < 100; i += 1) pace.sighted(1_600);
  for (let i = 0; i < 4; i += 1) pace.sighted(0);
  expect(pace.afterBroadcast()).toBeLessThan(120);
});
