import { beforeEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../tests/fake-clock.ts';
import { authorizationOf, fakePayment, NETWORK } from '../../tests/fake-payment.ts';
import type { EngineEvent } from '../ports/meter.ts';
import { createBudget } from '../spending/budget.ts';
import { type AdmissionOptions, createAdmission, MOST_WAITING } from './admission.ts';
import { openCase } from './case.ts';

const clock = createFakeClock();
const chain = {
  network: NETWORK,
  signers: ['0xone', '0xtwo'],
  capacity: () => 50,
  blockMs: 2_000,
  ceiling: () => 10n,
  tooDear: (): string | undefined => undefined,
  untimely: (authorization: { expires: bigint }, now: bigint) =>
    authorization.expires > now + 6n
      ? undefined
      : ({ status: 'refused', reason: 'payment_expired', message: 'late' } as const),
};
let events: EngineEvent[];
beforeEach(() => {
  events = [];
});

/** One lane of 12 nonces: 600 payments a turn of three seconds. */
function admission(change: Partial<AdmissionOptions<ReturnType<typeof authorizationOf>>> = {}) {
  return createAdmission({
    ...{ chain, clock, window: () => 12 },
    meter: { record: (event) => events.push(event) },
    waiting: () => 0,
    purses: { allDry: () => false, look: async () => {} },
    budget: createBudget({}, clock),
    ...change,
  });
}

const kase = (lifetime = 60n, caller = 'someone') =>
  openCase(authorizationOf(fakePayment('a', clock.now() + lifetime)), 'print', { caller });
const ask = (waiting: number, lifetime: bigint) =>
  admission({ waiting: () => waiting }).admit(kase(lifetime).authorization);

describe('by time', () => {
  it('admits what fits into the next turn, however short it lives', async () => {
    expect(await ask(0, 7n)).toBeUndefined();
    expect(await ask(599, 7n)).toBeUndefined();
  });

  it('refuses a signature that could expire in the queue, and says when to come back', async () => {
    expect(await ask(6_000, 60n)).toBeUndefined();
    expect((await ask(6_000, 30n))?.answer).toMatchObject({ status: 'unavailable', retryAfter: 30 });
  });

  it('leaves a signature that has expired already to the check that says so', async () => {
    expect(await ask(6_000, 1n)).toBeUndefined();
  });

  it('refuses everything when too many wait', async () => {
    expect((await ask(MOST_WAITING, 100_000n))?.answer).toMatchObject({ status: 'unavailable' });
  });
});

describe('by money', () => {
  it('names the keys to fund when all are dry, and looks again before it says so', async () => {
    let dry = true;
    let looks = 0;
    const purses = {
      allDry: () => dry,
      look: async () => {
        looks += 1;
      },
    };
    const refused = await admission({ purses }).admit(kase().authorization);
    expect(refused?.answer).toMatchObject({
      status: 'unavailable',
      message: `None of the keys that pay has enough for gas on ${NETWORK}: fund 0xone or 0xtwo. Nothing was sent. Send the identical request again.`,
    });
    expect(looks).toBe(1);
    const funded = {
      allDry: () => dry,
      look: async () => {
        dry = false;
      },
    };
    expect(await admission({ purses: funded }).admit(kase().authorization)).toBeUndefined();
  });

  it('refuses what would cost more than it may, and says why', async () => {
    const refused = await admission({ chain: { ...chain, tooDear: () => 'gas is at 9 wei' } }).admit(
      kase().authorization,
    );
    expect(refused?.answer).toMatchObject({
      status: 'unavailable',
      message: `Settling on ${NETWORK} costs more now than is allowed here: gas is at 9 wei. Nothing was sent. Send the identical request again.`,
    });
  });

  it('reserves what the payment may cost, and says whose budget has no room, once a minute to the operator', async () => {
    const budget = createBudget({ perDay: 25n, perCaller: 10n }, clock);
    const admitted = admission({ budget });
    const book = (each: ReturnType<typeof kase>) => admitted.book(each, 'here');
    const first = kase();
    expect(book(first)).toBeUndefined();
    expect(budget.view()).toEqual({ spent: 0n, reserved: 10n, limit: 25n });
    expect(book(kase())?.answer).toMatchObject({ message: expect.stringMatching(/^Your share of the gas/) });
    expect(book(kase(60n, 'another'))).toBeUndefined();
    for (const caller of ['third', 'fourth'])
      expect(book(kase(60n, caller))?.answer).toMatchObject({
        status: 'unavailable',
        message: `The gas budget of ${NETWORK} for 24 hours is used up. Nothing was sent. Send the identical request again.`,
      });
    expect(events).toEqual([
      { type: 'budget.exhausted', network: NETWORK, whose: 'caller' },
      { type: 'budget.exhausted', network: NETWORK, whose: 'network' },
    ]);
    first.reservation?.release();
    expect(book(kase())).toBeUndefined();
  });
});
