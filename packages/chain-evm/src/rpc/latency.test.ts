import { expect, it } from 'vitest';
import { createLatency } from './latency.ts';

it('is patient until it knows the endpoint', () => {
  const latency = createLatency(2_500);
  for (let index = 0; index < 7; index += 1) latency.record(3);
  expect(latency.patienceMs()).toBe(500);
  latency.record(3);
  expect(latency.patienceMs()).toBe(25);
});

it('waits as long as nearly all answers took lately, within bounds', () => {
  const latency = createLatency(2_500);
  for (let ms = 1; ms <= 100; ms += 1) latency.record(ms);
  expect(latency.patienceMs()).toBe(97);
  for (let index = 0; index < 64; index += 1) latency.record(9_000);
  expect(latency.patienceMs()).toBe(2_500);
});
