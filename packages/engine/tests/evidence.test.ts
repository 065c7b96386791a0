/** What is seen late, twice, in part or never, by a process that may have lost and regained the right to write meanwhile. */
import { afterEach, describe, expect, it } from 'vitest';
import { settleDown } from './fake-clock.ts';
import { fakePayment, NETWORK } from './fake-payment.ts';
import { createReplicas, type Replicas } from './replicas.ts';
import { status } from './status.ts';
import { createWorld, type World } from './world.ts';

const anchorOf = (nonce: string) => `${NETWORK}:0xbuyer:${nonce}`;
const patient = { waitMs: 60_000 };

let stage: World | Replicas;
afterEach(() => stage.close());

describe('one payment of which nothing can be found', () => {
  it('keeps neither those who travel with it from their answers, nor the lane from going on', async () => {
    const world = await createWorld();
    stage = world;
    const soon = world.clock.now() + 600n;
    const all = Promise.all(
      Array.from({ length: 60 }, (_, index) => world.settle(fakePayment(`n${index}`, soon), patient)),
    );
    await world.clock.advance(10);
    // Who travels alone fails alone, with proof.
    const shared = [...world.ledger.pool.values()].filter(({ anchors }) => anchors.length > 1);
    const lost = shared.flatMap(({ anchors: [first] }) => first ?? []);
    for (const anchor of lost) {
      world.ledger.cannotPay.add(anchor);
      world.ledger.unlocatable.add(anchor);
    }
    await world.blocks(80);
    const told = (await all).map(status);
    expect(lost.length).toBeGreaterThan(8);
    expect(told.filter((each) => each === 'settled')).toHaveLength(60 - lost.length);
    expect(told.filter((each) => each === 'pending')).toHaveLength(lost.length);
    const later = world.settle(fakePayment('later', soon), patient);
    await world.blocks(10);
    expect(status(await later)).toBe('settled');
    // And when it can be found again it is paid.
    world.ledger.unlocatable.clear();
    world.ledger.cannotPay.clear();
    await world.blocks(40);
    expect(world.ledger.moved().size).toBe(61);
    await world.blocks(40);
    expect((await world.journal.unfinished(NETWORK)).attempts).toEqual([]);
  });
});

describe('a search for evidence that takes long', () => {
  it('keeps nobody else waiting, and ends as it would have', async () => {
    const world = await createWorld();
    stage = world;
    const soon = world.clock.now() + 600n;
    const search = Promise.withResolvers<void>();
    world.ledger.holdSearch = search.promise;
    world.ledger.cannotPay.add(anchorOf('failing'));
    const failing = world.settle(fakePayment('failing', soon), patient);
    await world.blocks(6);
    for (let time = 0; time < 3; time += 1) {
      const other = world.settle(fakePayment(`other${time}`, soon), patient);
      await world.blocks(4);
      expect(status(await other)).toBe('settled');
    }
    search.resolve();
    await world.blocks(2);
    expect(status(await failing)).toBe('invalid_exact_evm_transaction_failed');
  });
});

describe('a search for one of those who travel together', () => {
  it('does not keep the others from their answers', async () => {
    const world = await createWorld();
    stage = world;
    const soon = world.clock.now() + 600n;
    const search = Promise.withResolvers<void>();
    world.ledger.holdSearch = search.promise;
    const all = Array.from({ length: 60 }, (_, index) => world.settle(fakePayment(`n${index}`, soon), patient));
    const told: string[] = [];
    for (const each of all) void each.then((answer) => told.push(status(answer)));
    await world.clock.advance(10);
    const shared = [...world.ledger.pool.values()].filter(({ anchors }) => anchors.length > 1);
    for (const { anchors } of shared) world.ledger.cannotPay.add(anchors[0] ?? '');
    await world.blocks(30);
    expect(shared.length).toBeGreaterThan(8);
    expect(told.filter((each) => each === 'settled')).toHaveLength(60 - shared.length);
    expect(told).toHaveLength(60 - shared.length);
    search.resolve();
    world.ledger.cannotPay.clear();
    await world.blocks(30);
    await Promise.all(all);
    expect(told.filter((each) => each === 'settled')).toHaveLength(60);
  });
});

describe('a right to write that comes and goes', () => {
  it('a recovery that was overtaken and fails late does not begin again', async () => {
    const replicas = await createReplicas(2);
    stage = replicas;
    const { clock, ledger } = replicas;
    const soon = clock.now() + 600n;
    const [first, second] = replicas.running;
    if (first === undefined || second === undefined) throw new Error('two were asked for');
    const answer = Promise.withResolvers<void>();
    ledger.holdCount = () => {
      ledger.holdCount = () => Promise.resolve();
      return answer.promise;
    };
    // The second takes over and waits for its count, loses the right, and has it again.
    first.member.breakSession(true);
    await settleDown();
    second.member.breakSession(true);
    await settleDown();
    first.member.breakSession(true);
    await settleDown(40);
    const recoveries = () => replicas.events.filter(({ type }) => type === 'recovered').length;
    const before = recoveries();
    answer.reject(new Error('timeout'));
    await clock.advance(900);
    // Signed while the late one would recover.
    const signing = Promise.withResolvers<void>();
    ledger.holdKeys = signing.promise;
    const handedOver = replicas.settle(0, fakePayment('a', soon), patient);
    await clock.advance(200);
    signing.resolve();
    await replicas.blocks(10);
    expect(status(await handedOver)).toBe('settled');
    expect(recoveries()).toBe(before);
  });

  it('a look that began before concludes nothing that is watched anew', async () => {
    const replicas = await createReplicas(1);
    stage = replicas;
    const { clock, ledger } = replicas;
    const soon = clock.now() + 600n;
    const payment = fakePayment('a', soon);
    const first = replicas.settle(0, payment, { waitMs: 500 });
    await clock.advance(600);
    expect(status(await first)).toBe('pending');
    for (let block = 0; block < 4; block += 1) ledger.mine();
    const looking = Promise.withResolvers<void>();
    ledger.holdLooks = looking.promise;
    await clock.advance(2_000);
    replicas.running[0]?.member.breakSession(false);
    await settleDown(60);
    ledger.holdLooks = Promise.resolve();
    looking.resolve();
    await replicas.blocks(5);
    expect(replicas.running[0]?.engine.networks()[0]).toMatchObject({ writing: true, inFlight: 0 });
    const again = replicas.settle(0, payment, { waitMs: 5_000 });
    await replicas.blocks(2);
    expect(status(await again)).toBe('settled');
  });
});

describe('a transaction that left a payment to be sent again', () => {
  it('is put on chain again after each reorganisation, and the lane goes on', async () => {
    const world = await createWorld();
    stage = world;
    const soon = world.clock.now() + 6_000n;
    const spoiled = anchorOf('n17');
    world.ledger.cannotPay.add(spoiled);
    const all = Promise.all(
      Array.from({ length: 60 }, (_, index) => world.settle(fakePayment(`n${index}`, soon), patient)),
    );
    const isOver = async () => (await world.journal.payment(spoiled))?.state === 'failed';
    for (let block = 0; block < 20 && !(await isOver()); block += 1) await world.blocks(1);
    expect((await all).filter((each) => status(each) === 'settled')).toHaveLength(59);
    for (let time = 0; time < 3; time += 1) {
      world.ledger.reorganise(world.ledger.head.number, true);
      expect(world.ledger.moved().size).toBe(0);
      await world.blocks(9);
      expect(world.ledger.moved().size).toBe(59);
    }
    await world.blocks(40);
    expect((await world.journal.unfinished(NETWORK)).attempts).toEqual([]);
    const later = world.settle(fakePayment('later', soon), patient);
    await world.blocks(5);
    expect(status(await later)).toBe('settled');
  });

  it('also when the process that remembered it has died: its nonce is filled, and the lane goes on', async () => {
    const world = await createWorld();
    stage = world;
    const soon = world.clock.now() + 6_000n;
    const spoiled = anchorOf('n17');
    world.ledger.cannotPay.add(spoiled);
    void Promise.all(Array.from({ length: 60 }, (_, index) => world.settle(fakePayment(`n${index}`, soon), patient)));
    const isOver = async () => (await world.journal.payment(spoiled))?.state === 'failed';
    for (let block = 0; block < 20 && !(await isOver()); block += 1) await world.blocks(1);
    world.crash();
    world.ledger.reorganise(world.ledger.head.number, true);
    await world.start();
    await world.blocks(60);
    const later = world.settle(fakePayment('later', soon), patient);
    await world.blocks(30);
    expect(status(await later)).toBe('settled');
    // All but those of the one transaction whose bytes nobody had any more.
    expect(world.ledger.moved().size).toBeGreaterThan(50);
    await world.blocks(60);
    expect((await world.journal.unfinished(NETWORK)).attempts).toEqual([]);
  });
});
