import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock, type FakeClock } from '../../tests/fake-clock.ts';
import { type Booking, createBudget } from './budget.ts';

const HOUR_MS = 3_600_000;

let clock: FakeClock;
beforeEach(() => {
  clock = createFakeClock();
});

function reserved(booking: Booking) {
  if (booking.status !== 'reserved') throw new Error('no room');
  return booking.reservation;
}

describe('a budget for the network', () => {
  it('holds what payments on their way may cost, and gives it back when they end', () => {
    const budget = createBudget({ perDay: 100n }, clock);
    const first = reserved(budget.reserve(60n, 'a', 'here'));
    expect(budget.reserve(60n, 'b', 'here')).toEqual({ status: 'exhausted', whose: 'network', retryAfter: 5 });
    first.release();
    first.release();
    expect(budget.view()).toEqual({ spent: 0n, reserved: 0n, limit: 100n });
    expect(budget.reserve(100n, 'b', 'here').status).toBe('reserved');
  });

  it('takes no more than its limit in any 24 hours', async () => {
    const budget = createBudget({ perDay: 100n }, clock);
    for (let hour = 0; hour < 100; hour += 1) {
      const booking = budget.reserve(30n, undefined, 'here');
      if (booking.status === 'reserved') {
        budget.spent(30n, clock.now());
        booking.reservation.release();
      }
      expect(budget.view().spent).toBeLessThanOrEqual(100n);
      await clock.advance(HOUR_MS);
    }
  });

  it('says when what was spent is forgotten, and then it is', async () => {
    const budget = createBudget({ perDay: 100n }, clock);
    budget.spent(90n, clock.now());
    await clock.advance(24 * HOUR_MS);
    const booking = budget.reserve(20n, undefined, 'here');
    if (booking.status !== 'exhausted') throw new Error('there was room');
    expect(booking.retryAfter).toBeLessThanOrEqual(3_600);
    await clock.advance(booking.retryAfter * 1_000);
    expect(budget.reserve(20n, undefined, 'here').status).toBe('reserved');
  });

  it('counts costs of an earlier process at their own time', async () => {
    const budget = createBudget({ perDay: 100n }, clock);
    budget.spent(70n, clock.now() - 86_000n);
    expect(budget.reserve(40n, undefined, 'here').status).toBe('exhausted');
    await clock.advance(2 * HOUR_MS);
    expect(budget.reserve(40n, undefined, 'here').status).toBe('reserved');
  });
});

describe('a budget for each caller', () => {
  it('charges a caller with the share of its payments, and no other', () => {
    const budget = createBudget({ perCaller: 50n }, clock);
    const first = reserved(budget.reserve(40n, 'a', 'here'));
    first.spend(30n);
    first.release();
    expect(budget.reserve(40n, 'a', 'here')).toMatchObject({ status: 'exhausted', whose: 'caller' });
    expect(budget.reserve(20n, 'a', 'here').status).toBe('reserved');
    expect(budget.reserve(40n, 'b', 'here').status).toBe('reserved');
    expect(budget.reserve(400n, undefined, 'here').status).toBe('reserved');
  });

  it('charges the most for a payment that another process carries', () => {
    const budget = createBudget({ perDay: 100n, perCaller: 50n }, clock);
    const booked = reserved(budget.reserve(40n, 'a', 'here'));
    booked.forfeit();
    booked.forfeit();
    booked.release();
    expect(budget.view()).toEqual({ spent: 40n, reserved: 0n, limit: 100n });
    expect(budget.reserve(40n, 'a', 'here')).toMatchObject({ status: 'exhausted', whose: 'caller' });
  });

  it('keeps a refused caller from holding the network budget', () => {
    const budget = createBudget({ perDay: 100n, perCaller: 50n }, clock);
    for (let i = 0; i < 10; i += 1) budget.reserve(50n, 'a', 'here');
    expect(budget.view().reserved).toBe(50n);
  });

  it('forgets callers without payments when there are too many, and none that has one', () => {
    const budget = createBudget({ perCaller: 50n }, clock);
    budget.reserve(50n, 'busy', 'here');
    const idle = reserved(budget.reserve(50n, 'idle', 'here'));
    idle.spend(50n);
    idle.release();
    for (let i = 0; i < 20_000; i += 1) reserved(budget.reserve(1n, `${i}`, 'here')).release();
    expect(budget.reserve(1n, 'busy', 'here').status).toBe('exhausted');
    expect(budget.reserve(50n, 'idle', 'here').status).toBe('reserved');
  });
});
