import { expect, it } from 'vitest';
import { createPace } from './pace.ts';

const unknown = () => undefined;

it('looks at once on a network it does not know, then less and less often', () => {
  const pace = createPace(2_000, unknown);
  expect(pace.afterBroadcast()).toBe(2);
  const pauses = Array.from({ length: 8 }, () => pace.afterTick(0));
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
  pace.sighted(150);
  for (let i = 0; i < 30; i += 1) pace.sighted(pace.afterBroadcast() + 1);
  expect(pace.afterBroadcast()).toBeLessThan(5);
});

it('finds out that a network includes at once after all, and does not believe it of one that does not', () => {
  const slow = () => ({ sinceLast: 300, untilNext: 700 });
  const pace = createPace(2_000, slow);
  pace.sighted(900);
  const waits = Array.from({ length: 12 }, () => pace.afterBroadcast());
  expect(waits).toEqual([...Array.from({ length: 11 }, () => 715), 20]);
  pace.sighted(716);
  expect(pace.afterBroadcast()).toBe(715);
  for (let i = 0; i < 11; i += 1) pace.afterBroadcast();
  pace.sighted(22);
  expect(pace.afterBroadcast()).toBeLessThan(20);
});

it('looks when the next block is due, and again at growing pauses while that is late', () => {
  let sinceLast = 300;
  const pace = createPace(2_000, () => ({ sinceLast, untilNext: 1_000 - sinceLast }));
  for (let i = 0; i < 10; i += 1) pace.sighted(600);
  expect(pace.afterBroadcast()).toBe(715);
  const pauses: number[] = [];
  for (sinceLast = 15; pauses.length < 5; ) {
    const pause = pace.afterTick(700);
    pauses.push(pause);
    sinceLast = (sinceLast + pause) % 1_000;
  }
  expect(pauses).toEqual([40, 55, 110, 220, 440]);
});

it('does not look for what was sent after the last block before the next one', () => {
  const pace = createPace(2_000, () => ({ sinceLast: 300, untilNext: 700 }));
  pace.sighted(900);
  expect(pace.afterTick(299)).toBe(715);
  expect(pace.afterTick(301)).toBe(300);
});

it('knows after one payment that a network is not of the kind that includes at once', () => {
  const pace = createPace(2_000, () => ({ sinceLast: 300, untilNext: 700 }));
  pace.sighted(900);
  expect(pace.afterBroadcast()).toBe(715);
});
