/** What a caller who waits is told when the journal fails, when it leaves, and when the right to write changes hands meanwhile. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Settlement } from '../src/engine.ts';
import { settleDown } from './fake-clock.ts';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { createReplicas, type Replicas } from './replicas.ts';
import { status } from './status.ts';
import { createWorld, type World } from './world.ts';

const a = `${NETWORK}:0xbuyer:a`;
const patient = { waitMs: 60_000 };
/** The calls that end payments. */
const isEnd = (call: string) => call === 'conclude' || call === 'resolve';

/** A call whose answer can be looked at. */
function listen(promise: Promise<Settlement>) {
  const call: { readonly promise: Promise<Settlement>; told?: string } = { promise };
  void promise.then((settlement) => {
    call.told = status(settlement);
  });
  return call;
}

describe('one process', () => {
  let world: World;
  let soon: bigint;
  beforeEach(async () => {
    world = await createWorld();
    soon = world.clock.now() + 600n;
  });
  afterEach(() => world.close());

  /** Its first caller has had its `settlement_pending`. */
  async function underWay(): Promise<void> {
    const first = world.settle(fakePayment('a', soon), { waitMs: 500 });
    await world.clock.advance(600);
    expect(status(await first)).toBe('pending');
  }

  it('gives the success to a first key that comes while the end is written', async () => {
    await underWay();
    let retry: Promise<Settlement> | undefined;
    world.meanwhile = (call) => {
      if (isEnd(call)) retry ??= world.settle(fakePayment('a', soon), { key: 'k' });
    };
    await world.blocks(6);
    expect((await retry)?.answer).toMatchObject({ status: 'settled' });
    expect((await world.settle(fakePayment('a', soon), { key: 'k' })).answer).toMatchObject({ status: 'settled' });
  });

  it('calls no key another payment’s because it could not be written', async () => {
    await underWay();
    world.uncertainCalls.add('takeKey');
    expect(status(await world.settle(fakePayment('a', soon), { key: 'k' }))).toBe('pending');
    // It was written all the same, and is this payment's when it comes again.
    const again = world.settle(fakePayment('a', soon), { key: 'k' });
    await world.blocks(6);
    expect(status(await again)).toBe('settled');
    const stranger = world.settle(fakePayment('b', soon), { key: 'k' });
    await world.blocks(6);
    expect(status(await stranger)).toBe('conflict');
  });

  it.each([
    ['conclude', () => {}],
    [
      'resolve',
      () => {
        world.ledger.frontRun(a);
        world.ledger.stealNonce('0xone');
      },
    ],
  ])('gives the success to who waits although %s stored it and failed', async (call, happen) => {
    world.uncertainCalls.add(call);
    const first = world.settle(fakePayment('a', soon), patient);
    await world.clock.advance(100);
    happen();
    await world.blocks(8);
    expect(world.uncertainCalls).toEqual(new Set());
    expect(status(await first)).toBe('settled');
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
  });

  it('gives a success that was stored for nobody to the next who asks', async () => {
    const first = world.settle(fakePayment('a', soon), { waitMs: 4_000 });
    let broke = false;
    world.meanwhile = (call) => {
      if (!isEnd(call) || broke) return;
      broke = true;
      world.uncertainCalls.add(call);
      world.journalBroken = true;
    };
    await world.blocks(6);
    expect(broke).toBe(true);
    expect(status(await first)).toBe('pending');
    expect(await world.journal.payment(a)).toMatchObject({ state: 'settled', delivered: true });
    world.journalBroken = false;
    await world.blocks(2);
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('settled');
    expect(status(await world.settle(fakePayment('a', soon)))).toBe('duplicate_settlement');
  });

  it('keeps no place for a caller who left while the write that failed was under way', async () => {
    const leaving = new AbortController();
    void world.settle(fakePayment('a', soon), { ...patient, signal: leaving.signal });
    const { promise, resolve } = Promise.withResolvers<void>();
    let held = false;
    world.meanwhile = async (call) => {
      if (!isEnd(call) || held) return;
      held = true;
      world.uncertainCalls.add(call);
      await promise;
    };
    await world.blocks(5);
    expect(held).toBe(true);
    leaving.abort();
    world.journalBroken = true;
    resolve();
    await settleDown();
    const retry = world.settle(fakePayment('a', soon), patient);
    world.journalBroken = false;
    await world.blocks(3);
    expect(status(await retry)).toBe('settled');
  });

  it('tells a caller whose success is being written nothing else, also while it closes', async () => {
    await underWay();
    await world.blocks(6);
    const { promise, resolve } = Promise.withResolvers<void>();
    world.meanwhile = async (call) => {
      if (call === 'deliver') await promise;
    };
    const retry = listen(world.settle(fakePayment('a', soon)));
    await settleDown();
    const closed = world.engine.close(0);
    await world.clock.advance(10);
    await closed;
    expect(retry.told).toBeUndefined();
    resolve();
    expect(status(await retry.promise)).toBe('settled');
  });

  it('names the transaction of a success that could not be delivered in time', async () => {
    await underWay();
    await world.blocks(6);
    const { promise, resolve } = Promise.withResolvers<void>();
    world.meanwhile = async (call) => {
      if (call !== 'deliver') return;
      world.uncertainCalls.add(call);
      await promise;
    };
    const retry = world.settle(fakePayment('a', soon), { waitMs: 500 });
    await world.clock.advance(600);
    resolve();
    expect((await retry).answer).toMatchObject({ status: 'pending', transaction: expect.stringMatching(/^0x/) });
  });

  it('asks nothing of a journal after it was closed', async () => {
    world.uncertainCalls.add('prepare');
    world.meanwhile = (call) => {
      if (call === 'prepare') world.journalBroken = true;
    };
    void world.settle(fakePayment('a', soon), { waitMs: 1_000 });
    await world.clock.advance(2_000);
    const closed = world.engine.close(0);
    await world.clock.advance(10);
    await closed;
    const faults = () => world.events.filter(({ type }) => type === 'fault').length;
    const before = faults();
    expect(before).toBeGreaterThan(0);
    await world.clock.advance(10_000);
    expect(faults()).toBe(before);
  });
});

describe('two processes', () => {
  let replicas: Replicas;
  let soon: bigint;
  beforeEach(async () => {
    replicas = await createReplicas(2);
    soon = replicas.clock.now() + 600n;
  });
  afterEach(() => replicas.close());

  function replica(at: number) {
    const found = replicas.running[at];
    if (found === undefined) throw new Error(`no replica ${at}`);
    return found;
  }

  it('tell a caller whose success cannot be delivered that it is pending, when its time is over', async () => {
    replica(1).brokenCalls.add('deliver');
    const call = listen(replicas.settle(1, fakePayment('a', soon), { waitMs: 20_000 }));
    await replicas.blocks(17);
    expect(call.told).toBeUndefined();
    await replicas.blocks(3);
    expect((await call.promise).answer).toMatchObject({ status: 'pending', transaction: expect.stringMatching(/^0x/) });
    replica(1).brokenCalls.clear();
    expect(status(await replicas.settle(1, fakePayment('a', soon)))).toBe('settled');
  });

  it('leave a claim alone that is made anew while those of a process that is gone are released', async () => {
    const verified = Promise.withResolvers<void>();
    replicas.ledger.hold = verified.promise;
    void replicas.settle(0, fakePayment('a', soon));
    await settleDown();
    expect(await replicas.journal.payment(a)).toMatchObject({ state: 'claimed' });
    let again: Promise<Settlement> | undefined;
    replicas.meanwhile = async (name) => {
      if (name !== 'unfinished' || again !== undefined) return;
      again = replicas.settle(1, fakePayment('a', soon));
      await settleDown();
    };
    await replicas.crash(0);
    await settleDown(40);
    verified.resolve();
    await replicas.blocks(5);
    expect((await again)?.answer).toMatchObject({ status: 'settled' });
  });

  it('let nobody wait for longer because the right to write comes while its time ends', async () => {
    replica(1).member.muffle(true);
    replicas.ledger.weather.dropBytes = true;
    const call = listen(replicas.settle(1, fakePayment('a', soon), { waitMs: 5_000 }));
    const { promise, resolve } = Promise.withResolvers<void>();
    let asked = false;
    replicas.meanwhile = async (name) => {
      if (name !== 'release') return;
      asked = true;
      await promise;
    };
    await replicas.clock.advance(4_000);
    expect(await replicas.journal.payment(a)).toMatchObject({ state: 'prepared' });
    await replicas.clock.advance(1_500);
    expect(asked).toBe(true);
    replica(0).member.breakSession(true);
    await settleDown(40);
    expect(replica(1).engine.networks()[0]?.writing).toBe(true);
    resolve();
    await replicas.clock.advance(1_000);
    expect(call.told).toBe('pending');
  });
});
