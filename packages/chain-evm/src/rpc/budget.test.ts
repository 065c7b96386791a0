import { expect, it } from 'vitest';
import { handClock } from '../../tests/clock.ts';
import { createBudget } from './budget.ts';

it('lets one second’s worth go at once, and then as fast as it fills', () => {
  const clock = handClock();
  const budget = createBudget(clock, 10);
  budget.spend(10);
  expect(budget.waitMs(1)).toBe(100);
  clock.move(99);
  expect(budget.waitMs(1)).toBe(1);
  clock.move(1);
  expect(budget.waitMs(1)).toBe(0);
  clock.move(60_000);
  budget.spend(10);
  expect(budget.waitMs(1)).toBe(100);
});

it('lets more than it holds go when it is full, on credit', () => {
  const clock = handClock();
  const budget = createBudget(clock, 10);
  expect(budget.waitMs(50)).toBe(0);
  budget.spend(50);
  expect(budget.waitMs(1)).toBe(4_100);
});

it('has no end where none is given', () => {
  const budget = createBudget(handClock(), undefined);
  budget.spend(1_000_000);
  expect(budget.waitMs(1_000_000)).toBe(0);
});
