import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settlement } from '../src/engine.ts';
import { settleDown } from './fake-clock.ts';
import { CAPACITY } from './fake-ledger.ts';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { status } from './status.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let soon: bigint;

beforeEach(async () => {
  world = await createWorld();
  soon = world.clock.now() + 60n;
});
afterEach(() => world.close());

/** Starts a settle and remembers when it has answered. */
function begin(...args: Parameters<World['settle']>) {
  const call: { answer: Settlement | undefined; promise: Promise<Settlement> } = {
    answer: undefined,
    promise: world.settle(...args),
  };
  void call.promise.then((answer) => {
    call.answer = answer;
  });
  return call;
}

describe('settle', () => {
  it('answers only when the transfer is in a block that meets the confirmation policy', async () => {
    const call = begin(fakePayment('a', soon));
    await world.blocks(2);
    expect(call.answer).toBeUndefined();
    await world.blocks(2);
    expect((await call.promise).answer).toMatchObject({ status: 'settled', payer: '0xbuyer', amount: 1000n });
  });

  it('keeps nothing about the authorization once it is final', async () => {
    const call = begin(fakePayment('a', soon));
    await world.blocks(4);
    const { id } = await call.promise;
    const record = await world.journal.payment(id ?? '');
    expect(record).toMatchObject({ state: 'settled', delivered: true, authorization: undefined });
  });

  it('tells a second caller at the same time that it is a duplicate', async () => {
    const first = begin(fakePayment('a', soon));
    const others = await Promise.all(Array.from({ length: 10 }, () => world.settle(fakePayment('a', soon))));
    expect(new Set(others.map(status))).toEqual(new Set(['duplicate_settlement']));
    await world.blocks(4);
    expect(status(await first.promise)).toBe('settled');
    expect(world.ledger.everBroadcast.size).toBe(1);
  });

  it('delivers a success once', async () => {
    const call = begin(fakePayment('a', soon));
    await world.blocks(4);
    await call.promise;
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
  });

  it('answers pending with the hash when the wait is over, and an identical retry gets the success', async () => {
    const call = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.clock.advance(600);
    const first = await call.promise;
    expect(first.answer).toMatchObject({ status: 'pending', reason: 'settlement_pending' });
    const retry = begin(fakePayment('a', soon));
    await world.blocks(4);
    expect((await retry.promise).answer).toMatchObject({ status: 'settled' });
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
    expect(world.ledger.everBroadcast.size).toBe(1);
  });

  it('delivers a success once to a retry that comes while the journal is told of the end', async () => {
    const call = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.clock.advance(600);
    expect(status(await call.promise)).toBe('pending');
    const retries: ReturnType<typeof begin>[] = [];
    world.meanwhile = (name) => {
      if (name === 'conclude') retries.push(begin(fakePayment('a', soon)));
    };
    await world.blocks(4);
    world.meanwhile = () => {};
    const [retry, ...more] = retries;
    expect(more).toEqual([]);
    expect(retry && status(await retry.promise)).toBe('settled');
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
  });

  it('gives a pending payment to an identical retry after the window closed', async () => {
    const call = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.blocks(5);
    await call.promise;
    await world.clock.advance(120_000);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
  });

  it('does not give a pending payment to a request for another resource', async () => {
    const call = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.clock.advance(600);
    await call.promise;
    expect(status(await world.settle(fakePayment('a', soon, 'https://shop.example/other')))).toBe(
      'duplicate_settlement',
    );
    await world.blocks(4);
    expect(status(await world.settle(fakePayment('a', soon, 'https://shop.example/other')))).toBe(
      'duplicate_settlement',
    );
  });

  it('lets an identical retry have a success that did not reach its caller', async () => {
    const call = begin(fakePayment('a', soon));
    await world.blocks(4);
    const { id } = await call.promise;
    await world.engine.undelivered(id ?? '');
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
  });

  it('delivers a success once when a caller leaves while its delivery is written, and another comes', async () => {
    const first = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.blocks(4);
    expect(status(await first.promise)).toBe('pending');
    const leaving = new AbortController();
    const told: ReturnType<typeof begin>[] = [];
    world.meanwhile = (name) => {
      if (name === 'deliver') leaving.abort();
      if (name === 'undeliver') told.push(begin(fakePayment('a', soon)));
    };
    const left = await world.settle(fakePayment('a', soon), { signal: leaving.signal });
    expect(leaving.signal.aborted).toBe(true);
    // What the server does when it finds the connection closed.
    if (status(left) === 'settled') await world.engine.undelivered(left.id ?? '');
    await world.clock.advance(0);
    world.meanwhile = () => {};
    expect(told).toHaveLength(1);
    told.push(begin(fakePayment('a', soon)));
    const statuses = (await Promise.all(told.map(({ promise }) => promise))).map(status);
    statuses.push(status(await world.settle(fakePayment('a', soon))));
    expect(statuses.filter((each) => each === 'settled')).toHaveLength(1);
  });

  it('sends nothing for a caller who left before anything was signed', async () => {
    const gone = new AbortController();
    gone.abort();
    void begin(fakePayment('a', soon), { signal: gone.signal });
    await world.blocks(4);
    expect(world.ledger.everBroadcast.size).toBe(0);
    expect(world.engine.networks()[0]?.inFlight).toBe(0);
    const again = begin(fakePayment('a', soon));
    await world.blocks(4);
    expect(status(await again.promise)).toBe('settled');
  });

  it('sends it all the same when others were told meanwhile that it is being settled', async () => {
    const leaving = new AbortController();
    const held = Promise.withResolvers<void>();
    world.ledger.hold = held.promise;
    void begin(fakePayment('a', soon), { signal: leaving.signal });
    const retry = begin(fakePayment('a', soon));
    expect(status(await retry.promise)).toBe('duplicate_settlement');
    leaving.abort();
    held.resolve();
    await world.blocks(4);
    expect(world.ledger.moved().size).toBe(1);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
  });

  it('gives the answer to an identical retry when the caller left after signing', async () => {
    const leaving = new AbortController();
    const call = begin(fakePayment('a', soon), { signal: leaving.signal });
    await world.clock.advance(100);
    leaving.abort();
    expect(status(await call.promise)).toBe('pending');
    await world.blocks(4);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
  });

  it('settles a hundred different payments sent at once with one key', async () => {
    const calls = Array.from({ length: 100 }, (_, i) => begin(fakePayment(`n${i}`, soon), { waitMs: 60_000 }));
    await world.blocks(40);
    const answers = await Promise.all(calls.map((call) => call.promise));
    expect(new Set(answers.map(status))).toEqual(new Set(['settled']));
    expect(world.ledger.moved().size).toBe(100);
  });

  it('releases a refused payment, which may be presented again', async () => {
    world.ledger.weather.deaf = true;
    const call = begin(fakePayment('a', soon));
    await settleDown();
    expect((await call.promise).answer).toMatchObject({ status: 'unavailable' });
    expect(world.engine.networks()[0]?.inFlight).toBe(0);
    world.ledger.weather.deaf = false;
    const again = begin(fakePayment('a', soon));
    await world.blocks(4);
    expect(status(await again.promise)).toBe('settled');
  });

  it('names the served networks when the payment is for another', async () => {
    const payment = fakePayment('a', soon);
    const elsewhere = { ...payment, terms: { ...payment.terms, network: 'eip155:1' as const } };
    expect((await world.settle(elsewhere)).answer).toMatchObject({
      reason: 'invalid_network',
      message: expect.stringContaining(NETWORK),
    });
    expect(await world.engine.verify(elsewhere)).toMatchObject({
      answer: { status: 'invalid', reason: 'invalid_network' },
    });
  });
});

describe('batches', () => {
  const sizes = () =>
    world.events.flatMap((event) => (event.type === 'settle.prepared' ? [event.payments.length] : []));

  it('travel alone while there is a nonce for each', async () => {
    const calls = Array.from({ length: 5 }, (_, i) => begin(fakePayment(`n${i}`, soon)));
    await world.blocks(4);
    expect(new Set((await Promise.all(calls.map((call) => call.promise))).map(status))).toEqual(new Set(['settled']));
    expect(sizes()).toEqual([1, 1, 1, 1, 1]);
  });

  it('share transactions when nonces run out, never beyond what a transaction takes', async () => {
    const calls = Array.from({ length: 60 }, (_, i) => begin(fakePayment(`n${i}`, soon), { waitMs: 60_000 }));
    await world.blocks(20);
    expect(new Set((await Promise.all(calls.map((call) => call.promise))).map(status))).toEqual(new Set(['settled']));
    expect(Math.max(...sizes())).toBe(CAPACITY);
    expect(world.ledger.everBroadcast.size).toBeLessThan(40);
  });

  it('leave those who must travel alone alone', async () => {
    const calls = Array.from({ length: 60 }, (_, i) =>
      begin(fakePayment(`${i % 2 ? 'solo' : 'n'}${i}`, soon), { waitMs: 60_000 }),
    );
    await world.blocks(40);
    await Promise.all(calls.map((call) => call.promise));
    const shared = world.ledger.included().filter((each) => each.anchors.length > 1);
    expect(shared.length).toBeGreaterThan(0);
    expect(shared.flatMap((each) => each.anchors).filter((anchor) => anchor.includes('solo'))).toEqual([]);
  });

  it('split when one of them makes the whole revert: it fails alone, the others are paid', async () => {
    const bad = `${NETWORK}:0xbuyer:n17`;
    world.ledger.poison.add(bad);
    const calls = Array.from({ length: 60 }, (_, i) => begin(fakePayment(`n${i}`, soon), { waitMs: 60_000 }));
    await world.blocks(50);
    const answers = (await Promise.all(calls.map((call) => call.promise))).map(status);
    expect(answers.filter((each) => each === 'settled').length).toBe(59);
    expect(answers[17]).toBe('invalid_exact_evm_transaction_failed');
    expect(world.ledger.moved().has(bad)).toBe(false);
  });

  it('let one that fails by itself try once more alone before it is called failed', async () => {
    const bad = `${NETWORK}:0xbuyer:n17`;
    world.ledger.cannotPay.add(bad);
    const calls = Array.from({ length: 60 }, (_, i) => begin(fakePayment(`n${i}`, soon), { waitMs: 60_000 }));
    await world.blocks(50);
    const answers = (await Promise.all(calls.map((call) => call.promise))).map(status);
    expect(answers.filter((each) => each === 'settled').length).toBe(59);
    expect(answers[17]).toBe('invalid_exact_evm_transaction_failed');
    const carriers = world.ledger.included().filter((each) => each.anchors.includes(bad));
    expect(carriers.map((each) => each.anchors.length).toSorted()[0]).toBe(1);
  });
});

describe('admission', () => {
  it('refuses a signature that could expire in the queue, before anything is recorded or sent', async () => {
    world.ledger.weather.dropBytes = true;
    const long = world.clock.now() + 3_000n;
    for (let i = 0; i < 600; i += 1) void begin(fakePayment(`n${i}`, long), { waitMs: 60_000 });
    await world.clock.advance(100);
    const short = fakePayment('short', world.clock.now() + 16n);
    expect((await world.settle(short)).answer).toMatchObject({ status: 'unavailable', retryAfter: expect.any(Number) });
    expect(await world.journal.payment(`${NETWORK}:0xbuyer:short`)).toBeUndefined();
  });
});

describe('replacement', () => {
  it('takes the place of the lowest stuck nonce at a higher fee, and only of that', async () => {
    world.ledger.weather.dropBytes = true;
    const calls = ['a', 'b', 'c'].map((nonce) => begin(fakePayment(nonce, soon), { waitMs: 60_000 }));
    await world.clock.advance(12_000);
    const replaced = world.events.filter((event) => event.type === 'settle.replaced');
    expect(replaced.length).toBe(1);
    world.ledger.weather.dropBytes = false;
    await world.blocks(15);
    expect((await Promise.all(calls.map((call) => call.promise))).map(status)).toEqual([
      'settled',
      'settled',
      'settled',
    ]);
    expect(world.ledger.included().length).toBe(3);
  });

  it('finds the first transaction when that was mined after all', async () => {
    const call = begin(fakePayment('a', soon), { waitMs: 60_000 });
    await world.clock.advance(100);
    const [first] = [...world.ledger.pool.values()];
    world.ledger.pool.clear();
    await world.clock.advance(12_000);
    expect(world.events.some((event) => event.type === 'settle.replaced')).toBe(true);
    world.ledger.pool.clear();
    if (first) world.ledger.pool.set(first.hash, first);
    await world.blocks(5);
    expect((await call.promise).answer).toMatchObject({ status: 'settled', transaction: first?.hash });
    expect(world.engine.networks()[0]?.inFlight).toBe(0);
  });

  it('frees a nonce whose payment can never be paid, so that later ones go on', async () => {
    world.ledger.weather.dropBytes = true;
    const late = world.clock.now() + 12n;
    void begin(fakePayment('a', late), { waitMs: 500 });
    await world.clock.advance(20_000);
    world.ledger.mine();
    await world.blocks(8);
    world.ledger.weather.dropBytes = false;
    await world.blocks(20);
    const after = begin(fakePayment('b', world.clock.now() + 60n));
    await world.blocks(6);
    expect(status(await after.promise)).toBe('settled');
    expect(status(await world.settle(fakePayment('a', late)))).toBe('payment_expired');
  });

  it('is remembered over a death: every transaction of the nonce is looked for', async () => {
    world.ledger.weather.dropBytes = true;
    void begin(fakePayment('a', soon), { waitMs: 60_000 });
    await world.clock.advance(12_000);
    world.crash();
    world.ledger.weather.dropBytes = false;
    await world.start();
    const retry = begin(fakePayment('a', soon));
    await world.blocks(5);
    expect(status(await retry.promise)).toBe('settled');
    expect(world.ledger.included().length).toBe(1);
  });
});

describe('the end of a payment', () => {
  const endings = () =>
    world.events.flatMap((event) => (event.type === 'payment.ended' ? [`${event.payment} ${event.outcome}`] : []));
  const idOf = (nonce: string) => `${NETWORK}:0xbuyer:${nonce}`;

  it('is told once, whoever waits for it', async () => {
    const leaving = new AbortController();
    const calls = [
      begin(fakePayment('waits', soon)),
      begin(fakePayment('leaves', soon), { signal: leaving.signal }),
      begin(fakePayment('gives up', soon), { waitMs: 500 }),
    ];
    await world.clock.advance(600);
    leaving.abort();
    await world.blocks(4);
    await Promise.all(calls.map(({ promise }) => promise));
    const again = await world.settle(fakePayment('leaves', soon));
    expect(status(again)).toBe('settled');
    expect(endings().toSorted()).toEqual(['gives up', 'leaves', 'waits'].map((nonce) => `${idOf(nonce)} settled`));
  });

  it('is told by the process that finds it after a crash', async () => {
    void world.settle(fakePayment('a', soon));
    await world.clock.advance(100);
    world.crash();
    await world.start();
    await world.blocks(4);
    expect(endings()).toEqual([`${idOf('a')} settled`]);
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'settle.prepared', payments: [idOf('a')], transaction: expect.any(String) }),
    );
  });

  it('is told of a claim that was given back because its caller had left', async () => {
    const held = Promise.withResolvers<void>();
    world.ledger.hold = held.promise;
    const leaving = new AbortController();
    const call = world.settle(fakePayment('a', soon), { signal: leaving.signal });
    await world.clock.advance(10);
    leaving.abort();
    held.resolve();
    await world.clock.advance(10);
    await call;
    expect(endings()).toEqual([`${idOf('a')} released`]);
    expect(await world.journal.payment(idOf('a'))).toBeUndefined();
  });
});

describe('idempotency key', () => {
  it('replays the stored answer, shares the running one, refuses another payment', async () => {
    const first = begin(fakePayment('a', soon), { key: 'k1' });
    const second = begin(fakePayment('a', soon), { key: 'k1' });
    await world.blocks(4);
    expect(await second.promise).toEqual(await first.promise);
    expect(status(await first.promise)).toBe('settled');
    expect(await world.settle(fakePayment('a', soon), { key: 'k1' })).toEqual(await first.promise);
    expect(status(await world.settle(fakePayment('b', soon), { key: 'k1' }))).toBe('conflict');
    expect(status(await world.settle(fakePayment('a', soon), { key: 'k2' }))).toBe('duplicate_settlement');
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
  });

  it('that comes first with a retry is kept with the answer', async () => {
    const first = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.clock.advance(600);
    expect(status(await first.promise)).toBe('pending');
    const retry = begin(fakePayment('a', soon), { key: 'k1' });
    await world.blocks(4);
    expect(status(await retry.promise)).toBe('settled');
    expect(await world.settle(fakePayment('a', soon), { key: 'k1' })).toEqual(await retry.promise);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
    expect(status(await world.settle(fakePayment('a', soon), { key: 'k2' }))).toBe('duplicate_settlement');
    expect(status(await world.settle(fakePayment('b', soon), { key: 'k1' }))).toBe('conflict');
  });

  it('that comes with a retry after the end takes a success that nobody was told, and no other', async () => {
    const first = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.blocks(4);
    expect(status(await first.promise)).toBe('pending');
    const [one, two] = await Promise.all([
      world.settle(fakePayment('a', soon), { key: 'k1' }),
      world.settle(fakePayment('a', soon)),
    ]);
    expect(status(one)).toBe('settled');
    expect(status(two)).toBe('duplicate_settlement');
    expect(await world.settle(fakePayment('a', soon), { key: 'k1' })).toEqual(one);
    const told = begin(fakePayment('b', soon));
    await world.blocks(4);
    expect(status(await told.promise)).toBe('settled');
    expect(status(await world.settle(fakePayment('b', soon), { key: 'k2' }))).toBe('duplicate_settlement');
    expect(status(await world.settle(fakePayment('b', soon), { key: 'k2' }))).toBe('duplicate_settlement');
  });

  it('of another payment is refused with a retry, too', async () => {
    const first = begin(fakePayment('a', soon), { key: 'k1' });
    const other = begin(fakePayment('b', soon), { waitMs: 500 });
    await world.clock.advance(600);
    expect(status(await other.promise)).toBe('pending');
    const early = begin(fakePayment('b', soon), { key: 'k1' });
    await world.blocks(4);
    expect(status(await first.promise)).toBe('settled');
    expect(status(await early.promise)).toBe('conflict');
    expect(status(await world.settle(fakePayment('b', soon), { key: 'k1' }))).toBe('conflict');
    expect(status(await world.settle(fakePayment('b', soon)))).toBe('settled');
  });

  it('goes on when the first of two callers with one key leaves', async () => {
    const leaving = new AbortController();
    void begin(fakePayment('a', soon), { key: 'k1', signal: leaving.signal });
    const second = begin(fakePayment('a', soon), { key: 'k1' });
    await world.clock.advance(50);
    leaving.abort();
    await world.blocks(4);
    expect(status(await second.promise)).toBe('settled');
  });
});

describe('a bad network', () => {
  it('does not call a lost answer a failure', async () => {
    world.ledger.weather.loseAnswers = true;
    const call = begin(fakePayment('a', soon));
    await world.blocks(4);
    expect(status(await call.promise)).toBe('settled');
    expect(world.ledger.everBroadcast.size).toBe(1);
  });

  it('hands dropped bytes over again', async () => {
    world.ledger.weather.dropBytes = true;
    const call = begin(fakePayment('a', soon));
    await world.blocks(3);
    expect(world.ledger.pool.size).toBe(0);
    world.ledger.weather.dropBytes = false;
    await world.blocks(10);
    expect(status(await call.promise)).toBe('settled');
  });

  it('reports a front-run payment as settled, with the transaction that carries it', async () => {
    world.ledger.weather.dropBytes = true;
    const call = begin(fakePayment('a', soon));
    await world.clock.advance(100);
    world.ledger.frontRun(`${NETWORK}:0xbuyer:a`);
    world.ledger.weather.dropBytes = false;
    world.ledger.mine();
    await world.blocks(10);
    expect((await call.promise).answer).toMatchObject({ status: 'settled', transaction: '0xf1' });
  });

  it('tells one of two payments that the nodes show one transfer, says so once, and goes on', async () => {
    await world.close();
    world = await createWorld(['0xone'], 1);
    soon = world.clock.now() + 60n;
    world.ledger.muddled = true;
    const names = ['a', 'b', 'c'];
    const calls = names.map((name) => world.settle(fakePayment(name, soon), { waitMs: 20_000 }));
    await world.blocks(20);
    // The first went alone, the others together.
    const ends = (await Promise.all(calls)).map(status);
    expect(ends.toSorted()).toEqual(['pending', 'settled', 'settled']);
    const which = names[ends.indexOf('pending')] ?? '';
    const faults = () =>
      world.events
        .flatMap((event) => (event.type === 'fault' ? event.detail : []))
        .filter((each) => each.includes(which));
    expect(faults()).toEqual([expect.stringContaining('has settled another payment')]);
    await world.blocks(40);
    expect(faults()).toHaveLength(1);
    expect(await world.journal.payment(`${NETWORK}:0xbuyer:${which}`)).toMatchObject({ state: 'prepared' });
    // It keeps neither the lane nor anybody else.
    const other = begin(fakePayment('d', world.clock.now() + 60n));
    await world.blocks(5);
    expect(status(await other.promise)).toBe('settled');
    // Whoever recovers the journal looks again; the nodes may have come to their senses.
    world.crash();
    await world.start();
    await world.blocks(5);
    expect(faults()).toHaveLength(2);
    world.ledger.muddled = false;
    world.crash();
    await world.start();
    await world.blocks(5);
    expect(status(await world.settle(fakePayment(which, soon)))).toBe('settled');
  });

  it('prepares a payment again when its nonce was used elsewhere', async () => {
    world.ledger.weather.dropBytes = true;
    const call = begin(fakePayment('a', soon), { waitMs: 60_000 });
    await world.clock.advance(100);
    world.ledger.stealNonce('0xone');
    world.ledger.weather.dropBytes = false;
    await world.blocks(20);
    expect(status(await call.promise)).toBe('settled');
    expect(world.events.some((event) => event.type === 'fault' && event.detail.includes('used elsewhere'))).toBe(true);
  });

  it('says that a payment failed only when chain time is past its window', async () => {
    world.ledger.weather.dropBytes = true;
    const call = begin(fakePayment('a', soon), { waitMs: 500 });
    await world.clock.advance(600);
    expect(status(await call.promise)).toBe('pending');
    // The wall clock alone proves nothing: the chain has not moved.
    await world.clock.advance(90_000);
    const early = begin(fakePayment('a', soon), { waitMs: 5_000 });
    await world.clock.advance(6_000);
    expect(status(await early.promise)).toBe('pending');
    await world.blocks(8);
    expect((await world.settle(fakePayment('a', soon))).answer).toMatchObject({
      status: 'failed',
      reason: 'payment_expired',
    });
  });
});

describe('a death of the process', () => {
  it('before the broadcast: the payment ends settled once and the retry is told so', async () => {
    world.ledger.weather.dropBytes = true;
    void begin(fakePayment('a', soon));
    await world.clock.advance(50);
    world.crash();
    world.ledger.weather.dropBytes = false;
    await world.start();
    expect(world.engine.ready()).toBe(true);
    const retry = begin(fakePayment('a', soon));
    await world.blocks(5);
    expect(status(await retry.promise)).toBe('settled');
    expect(world.ledger.moved().size).toBe(1);
    expect(world.ledger.everBroadcast.size).toBe(1);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
  });

  it('before the evidence: the same', async () => {
    void begin(fakePayment('a', soon));
    await world.clock.advance(50);
    world.crash();
    await world.blocks(5);
    await world.start();
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
    expect(world.ledger.everBroadcast.size).toBe(1);
  });

  it('while claiming: the claim is released at the next start', async () => {
    world.ledger.weather.deaf = false;
    void begin(fakePayment('a', soon));
    world.crash();
    await settleDown();
    await world.start();
    const again = begin(fakePayment('a', soon));
    await world.blocks(4);
    expect(status(await again.promise)).toBe('settled');
  });
});

describe('a journal that cannot write', () => {
  it('takes nothing in and says that nothing was sent', async () => {
    world.journalBroken = true;
    expect((await world.settle(fakePayment('a', soon))).answer).toMatchObject({ status: 'unavailable' });
    expect(world.ledger.everBroadcast.size).toBe(0);
    world.journalBroken = false;
  });

  it('never tells a success it could not write down, and tells it when it can', async () => {
    const call = begin(fakePayment('a', soon), { waitMs: 60_000 });
    await world.clock.advance(100);
    world.journalBroken = true;
    await world.blocks(5);
    expect(call.answer).toBeUndefined();
    world.journalBroken = false;
    await world.blocks(3);
    expect(status(await call.promise)).toBe('settled');
  });

  it('finds a transaction that it wrote although the journal said it could not', async () => {
    world.uncertainCalls.add('prepare');
    const call = begin(fakePayment('a', soon));
    await world.blocks(6);
    expect(status(await call.promise)).toBe('settled');
    expect(world.ledger.everBroadcast.size).toBe(1);
    const after = begin(fakePayment('b', world.clock.now() + 60n));
    await world.blocks(4);
    expect(status(await after.promise)).toBe('settled');
  });

  it('answers pending when the wait ends meanwhile', async () => {
    const call = begin(fakePayment('a', soon), { waitMs: 3_500 });
    await world.clock.advance(100);
    world.journalBroken = true;
    await world.blocks(6);
    expect(status(await call.promise)).toBe('pending');
    world.journalBroken = false;
    await world.blocks(3);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
  });
});

describe('close', () => {
  it('answers pending to whoever waits for a transaction, and takes nothing new', async () => {
    const call = begin(fakePayment('a', soon));
    await world.clock.advance(100);
    const closed = world.engine.close(0);
    await world.clock.advance(10);
    await closed;
    expect(status(await call.promise)).toBe('pending');
    expect((await world.settle(fakePayment('b', soon))).answer).toMatchObject({ status: 'unavailable' });
    await world.start();
    await world.blocks(4);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
  });

  it('lets callers have their success within the grace', async () => {
    const call = begin(fakePayment('a', soon));
    await world.clock.advance(100);
    const closed = world.engine.close(10_000);
    await world.blocks(5);
    await closed;
    expect(status(await call.promise)).toBe('settled');
    await world.start();
  });
});
