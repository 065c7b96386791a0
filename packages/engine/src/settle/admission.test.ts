import { expect, it } from 'vitest';
import { authorizationOf, fakePayment } from '../../tests/fake-chain.ts';
import { createFakeClock } from '../../tests/fake-clock.ts';
import { admit, MOST_WAITING } from './admission.ts';

const clock = createFakeClock();
const chain = {
  capacity: () => 50,
  blockMs: 2_000,
  untimely: (authorization: { expires: bigint }, now: bigint) =>
    authorization.expires > now + 6n
      ? undefined
      : ({ status: 'refused', reason: 'payment_expired', message: 'late' } as const),
};
/** One lane of 12 nonces: 600 payments a turn of three seconds. */
const ask = (waiting: number, lifetime: bigint) =>
  admit(authorizationOf(fakePayment('a', clock.now() + lifetime)), {
    chain,
    clock,
    waiting: () => waiting,
    window: 12,
  });

it('admits what fits into the next turn, however short it lives', () => {
  expect(ask(0, 7n)).toBeUndefined();
  expect(ask(599, 7n)).toBeUndefined();
});

it('refuses a signature that could expire in the queue, and says when to come back', () => {
  expect(ask(6_000, 60n)).toBeUndefined();
  expect(ask(6_000, 30n)?.answer).toMatchObject({ status: 'unavailable', retryAfter: 30 });
});

it('leaves a signature that has expired already to the check that says so', () => {
  expect(ask(6_000, 1n)).toBeUndefined();
});

it('refuses everything when too many wait', () => {
  expect(ask(MOST_WAITING, 100_000n)?.answer).toMatchObject({ status: 'unavailable' });
});
