/**
 * What goes wrong when payments share transactions, and the rule against each, one test or more for every rule. Those that
 * only a real chain can show are beside this in packages/chain-evm/tests/pitfalls.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NetworkRules, Settlement } from '../src/engine.ts';
import type { Refusal } from '../src/ports/chain.ts';
import type { EngineEvent } from '../src/ports/meter.ts';
import { COST, REORG_DEPTH } from './fake-chain.ts';
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

const patient = { waitMs: 60_000 };
type Particulars = Exclude<Parameters<typeof fakePayment>[2], string | undefined>;

/** In place of the usual world. */
async function another(rules: NetworkRules): Promise<void> {
  await world.close();
  world = await createWorld(['0xone'], 12, rules);
}

/** So many payments at once that nonces are short. Their answers come when blocks do. */
function rush(of: (index: number) => Particulars & { readonly nonce?: string } = () => ({}), count = 60) {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const { nonce = `n${index}`, ...particulars } = of(index);
      return world.settle(fakePayment(nonce, soon, particulars), patient);
    }),
  );
}

async function told(answers: Promise<readonly Settlement[]>, blocks = 40): Promise<readonly string[]> {
  await world.blocks(blocks);
  return (await answers).map(status);
}

/** The anchors that travelled together, transaction by transaction. */
function companies(): readonly (readonly string[])[] {
  return world.ledger.included().map(({ anchors }) => anchors.map((anchor) => anchor.split(':').at(-1) ?? ''));
}

const shared = () => companies().filter(({ length }) => length > 1);

const anchorOf = (nonce: string, payer = '0xbuyer') => `${NETWORK}:${payer}:${nonce}`;

function events<T extends EngineEvent['type']>(type: T): readonly Extract<EngineEvent, { type: T }>[] {
  return world.events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type);
}

const broadcasts = () => world.ledger.everBroadcast.size;

describe('rule 1: a transaction stays small enough for its block', () => {
  it('it never carries more payments than the chain says fit', async () => {
    expect(new Set(await told(rush()))).toEqual(new Set(['settled']));
    expect(Math.max(...companies().map(({ length }) => length))).toBe(CAPACITY);
  });
});

describe('rule 2: one bad payment does not spoil the others', () => {
  it('it fails by itself, after one more try alone, and the others are paid', async () => {
    world.ledger.cannotPay.add(anchorOf('n17'));
    const answers = await told(rush());
    expect(answers[17]).toBe('invalid_exact_evm_transaction_failed');
    expect(answers.filter((answer) => answer === 'settled')).toHaveLength(59);
    expect(
      companies()
        .filter((company) => company.includes('n17'))
        .at(-1),
    ).toEqual(['n17']);
  });
});

describe('rule 3: a transaction that reverts as a whole is taken apart', () => {
  it('into halves and at last into single payments: the culprit fails alone', async () => {
    world.ledger.capacity = 16;
    world.ledger.poison.add(anchorOf('n30', '0x30'));
    const answers = await told(rush((index) => ({ payer: `0x${index}` })));
    expect(answers.filter((answer) => answer === 'settled')).toHaveLength(59);
    expect(answers[30]).toBe('invalid_exact_evm_transaction_failed');
    const sizes = companies().flatMap((company) => (company.includes('n30') ? [company.length] : []));
    expect(sizes.at(-1)).toBe(1);
    for (const [at, size] of sizes.slice(1).entries())
      expect(size).toBeLessThanOrEqual(Math.ceil((sizes[at] ?? 0) / 2));
  });
});

describe('rule 5: whoever copies a payment from the pool pays it', () => {
  it('each is reported settled by the transaction that carries it', async () => {
    const answers = rush(() => ({}), 24);
    await world.clock.advance(100);
    for (const nonce of ['n0', 'n13']) {
      world.ledger.frontRun(anchorOf(nonce));
      // Before ours: strangers bid more.
      world.ledger.pool = new Map([...world.ledger.pool].toSorted(([one], [other]) => one.length - other.length));
    }
    await world.blocks(20);
    const settled = await answers;
    expect(new Set(settled.map(status))).toEqual(new Set(['settled']));
    for (const [nonce, index] of [
      ['n0', 0],
      ['n13', 13],
    ] as const)
      expect(settled[index]?.answer).toMatchObject({ transaction: world.ledger.moved().get(anchorOf(nonce))?.hash });
    expect(settled[0]?.answer).toMatchObject({ transaction: '0xf1' });
  });
});

describe('rule 7: no payment is in a transaction twice', () => {
  it('nor in two, however often it is presented', async () => {
    const again = rush((index) => ({ nonce: `n${index % 30}`, payer: `0x${index % 30}` }), 90);
    const answers = await told(again);
    expect(answers.filter((answer) => answer === 'settled')).toHaveLength(30);
    expect(answers.filter((answer) => answer === 'duplicate_settlement')).toHaveLength(60);
    expect(companies().flat()).toHaveLength(30);
  });
});

describe('rule 8: what would fail anyway is not sent', () => {
  const paused: Refusal = {
    ...{ status: 'refused', reason: 'invalid_exact_evm_asset_paused', message: 'It is paused.', blame: 'asset' },
  };
  const blocked: Refusal = {
    ...{ status: 'refused', reason: 'invalid_exact_evm_account_blocked', message: 'It is blocked.', blame: 'payee' },
  };
  const calls = () => events('verify.call').length;
  const settle = (nonce: string, particulars: Particulars = {}) =>
    world.settle(fakePayment(nonce, soon, particulars), patient);

  it('a paused token: one look at the chain tells for all, without another call', async () => {
    world.ledger.stopped = () => paused;
    expect(status(await settle('a'))).toBe('invalid_exact_evm_asset_paused');
    const before = calls();
    for (const nonce of ['b', 'c', 'd']) expect(status(await settle(nonce))).toBe('invalid_exact_evm_asset_paused');
    expect(calls()).toBe(before);
    expect(broadcasts()).toBe(0);
    expect(events('breaker.opened')).toMatchObject([{ what: 'asset', which: '0xasset', detail: 'It is paused.' }]);
    expect(world.engine.networks()[0]?.breakers).toEqual({ asset: 1, payee: 0, payer: 0 });
  });

  it('it closes by itself when a verification passes, whoever asks for one', async () => {
    world.ledger.stopped = () => paused;
    await settle('a');
    world.ledger.stopped = () => undefined;
    expect(status(await settle('b'))).toBe('invalid_exact_evm_asset_paused');
    expect(await world.engine.verify(fakePayment('c', soon))).toMatchObject({ answer: { status: 'valid' } });
    const answer = settle('d');
    await world.blocks(4);
    expect(status(await answer)).toBe('settled');
    expect(events('breaker.closed')).toMatchObject([{ what: 'asset', which: '0xasset' }]);
  });

  it('and lets one settlement look again every five seconds', async () => {
    world.ledger.stopped = () => paused;
    await settle('a');
    world.ledger.stopped = () => undefined;
    await world.clock.advance(5_000);
    const answer = settle('b');
    await world.blocks(4);
    expect(status(await answer)).toBe('settled');
  });

  it('what was verified before and waits is told so and not sent', async () => {
    world.ledger.weather.dropBytes = true;
    const answers = rush((index) => ({ batching: 'off', payer: `0x${index}` }), 40);
    await world.clock.advance(100);
    const sent = events('settle.prepared').length;
    world.ledger.stopped = () => paused;
    await world.engine.verify(fakePayment('x', soon));
    world.ledger.weather.dropBytes = false;
    world.ledger.cannotPay.add(anchorOf('n0', '0x0'));
    const all = await told(answers, 30);
    expect(events('settle.prepared').length).toBe(sent);
    expect(all.filter((answer) => answer === 'invalid_exact_evm_asset_paused').length).toBe(40 - sent + 1);
    // It is not the payers' fault.
    expect(world.engine.networks()[0]?.breakers.payer).toBe(0);
  });

  it('a payee that the token has blocked keeps nobody else from being paid', async () => {
    world.ledger.stopped = ({ payTo }) => (payTo === '0xbad' ? blocked : undefined);
    expect(status(await settle('a', { payTo: '0xbad' }))).toBe('invalid_exact_evm_account_blocked');
    const before = calls();
    expect(status(await settle('b', { payTo: '0xbad' }))).toBe('invalid_exact_evm_account_blocked');
    expect(calls()).toBe(before);
    const answer = settle('c');
    await world.blocks(4);
    expect(status(await answer)).toBe('settled');
    expect(events('breaker.opened')).toMatchObject([{ what: 'payee', which: '0xbad of 0xasset' }]);
  });
});

describe('rule 9: a signature that runs out before its block is not sent', () => {
  it('it is dropped before it is encoded, and told so', async () => {
    world.ledger.weather.dropBytes = true;
    const full = rush((index) => ({ batching: 'off', payer: `0x${index}` }), 12);
    await world.clock.advance(100);
    const late = world.settle(fakePayment('late', world.clock.now() + 9n, { payer: '0xlate' }), patient);
    await world.clock.advance(4_000);
    world.ledger.weather.dropBytes = false;
    await told(full);
    expect(status(await late)).toBe('payment_expired');
    expect(companies().flat()).not.toContain('late');
  });
});

describe('rule 12: why a mined payment failed is asked of the state before its block', () => {
  it('and told in its words, when what would happen now says nothing', async () => {
    world.ledger.cannotPay.add(anchorOf('a'));
    world.ledger.explanation = {
      ...{ status: 'refused', reason: 'invalid_exact_evm_insufficient_balance', message: 'It held 3.' },
    };
    const answer = world.settle(fakePayment('a', soon), patient);
    await world.blocks(6);
    expect((await answer).answer).toMatchObject({
      reason: 'invalid_exact_evm_insufficient_balance',
      message: 'It held 3.',
    });
  });
});

describe('rule 15: what a shared transaction costs is split among its payments', () => {
  it('each event has the share of one', async () => {
    await told(rush());
    const shared = events('settle.cost').filter(({ share }) => share < COST);
    expect(shared.length).toBeGreaterThan(0);
    for (const { share, transaction } of shared) {
      const { anchors } = world.ledger.included().find(({ hash }) => hash === transaction) ?? { anchors: [] };
      expect(share).toBe(COST / BigInt(anchors.length));
    }
  });
});

describe('rule 13: who does not want company gets none', () => {
  it('a payment that asks for it travels alone, however busy it is', async () => {
    const answers = await told(rush((index) => ({ batching: index % 3 === 0 ? 'off' : 'auto' })));
    expect(new Set(answers)).toEqual(new Set(['settled']));
    expect(shared().length).toBeGreaterThan(0);
    expect(
      shared()
        .flat()
        .filter((nonce) => Number(nonce.slice(1)) % 3 === 0),
    ).toEqual([]);
  });

  it('also after a death of the process, and when its nonce was used elsewhere', async () => {
    world.ledger.weather.dropBytes = true;
    const before = rush((index) => ({ batching: index % 3 === 0 ? 'off' : 'auto' }), 24);
    await world.clock.advance(100);
    world.crash();
    void before.catch(() => {});
    world.ledger.weather.dropBytes = false;
    for (let nonce = 0; nonce < 12; nonce += 1) world.ledger.stealNonce('0xone');
    for (let nonce = 0; nonce < 12; nonce += 1) {
      world.ledger.mine();
      world.ledger.stealNonce('0xone');
    }
    await world.start();
    await world.blocks(40);
    const carried = companies().filter(({ length }) => length > 0);
    expect(carried.flat().length).toBeGreaterThanOrEqual(12);
    expect(
      carried
        .filter(({ length }) => length > 1)
        .flat()
        .filter((nonce) => Number(nonce.slice(1)) % 3 === 0),
    ).toEqual([]);
  });

  it('the operator may rule it out for all, and no request gets it back', async () => {
    await another({ batching: 'off' });
    soon = world.clock.now() + 60n;
    const answers = await told(rush(() => ({ batching: 'auto' })));
    expect(new Set(answers)).toEqual(new Set(['settled']));
    expect(shared()).toEqual([]);
  });

  it('a retry that asks for other company is another request', async () => {
    const first = world.settle(fakePayment('a', soon), patient);
    expect(status(await world.settle(fakePayment('a', soon, { batching: 'off' })))).toBe('duplicate_settlement');
    await world.blocks(4);
    expect(status(await first)).toBe('settled');
  });
});

describe('rule 16: a shared transaction shows who pays whom', () => {
  const payeeOf = (nonce: string) => Number(nonce.slice(1)) % 2;
  const payees = (index: number) => ({ payTo: index % 2 === 0 ? '0xseller' : '0xother' });
  const mixed = () => shared().filter((company) => new Set(company.map(payeeOf)).size > 1);

  it('without any wish payees share', async () => {
    expect(new Set(await told(rush(payees)))).toEqual(new Set(['settled']));
    expect(mixed().length).toBeGreaterThan(0);
  });

  it('per payee only those to one payee do, when the operator says so', async () => {
    await another({ batching: 'per-payee' });
    soon = world.clock.now() + 60n;
    expect(new Set(await told(rush(payees)))).toEqual(new Set(['settled']));
    expect(shared().length).toBeGreaterThan(0);
    expect(mixed()).toEqual([]);
  });

  it('and when a payment says so, whoever comes first', async () => {
    const answers = await told(
      rush((index) => ({ ...payees(index), batching: index % 7 === 3 ? 'per-payee' : 'auto' })),
    );
    expect(new Set(answers)).toEqual(new Set(['settled']));
    const careful = (company: readonly string[]) => company.some((nonce) => Number(nonce.slice(1)) % 7 === 3);
    expect(shared().filter(careful).length).toBeGreaterThan(0);
    expect(mixed().filter(careful)).toEqual([]);
  });
});

describe('rule 6: what one payer can spoil is bounded', () => {
  it('at most five payments of one payer share a transaction, in their order', async () => {
    world.ledger.capacity = 50;
    const answers = await told(rush((index) => ({ payer: index < 40 ? '0xrich' : `0x${index}` })));
    expect(new Set(answers)).toEqual(new Set(['settled']));
    const rich = shared().map((company) => company.map((nonce) => Number(nonce.slice(1))).filter((each) => each < 40));
    expect(Math.max(...rich.map(({ length }) => length))).toBe(5);
    for (const order of rich) expect(order).toEqual(order.toSorted((one, other) => one - other));
  });
});

describe('rule 4: who runs code of their own does not keep the others waiting', () => {
  const fail = async (nonce: string) => {
    world.ledger.cannotPay.add(anchorOf(nonce, '0xtricky'));
    const answer = world.settle(fakePayment(nonce, world.clock.now() + 60n, { payer: '0xtricky' }), patient);
    await world.blocks(4);
    return answer;
  };
  const retryAfter = ({ answer }: Settlement) => (answer.status === 'unavailable' ? answer.retryAfter : 0);

  it('whose payments fail on chain again and again waits, longer each time', async () => {
    expect(status(await fail('t1'))).toBe('invalid_exact_evm_transaction_failed');
    expect(status(await fail('t2'))).toBe('invalid_exact_evm_transaction_failed');
    const before = broadcasts();
    const third = await fail('t3');
    expect(third.answer).toMatchObject({
      status: 'unavailable',
      message: expect.stringContaining('2 payments of 0xtricky'),
    });
    expect(retryAfter(third)).toBeGreaterThan(20);
    expect(broadcasts()).toBe(before);
    // Others are not concerned.
    const other = world.settle(fakePayment('o', world.clock.now() + 60n), patient);
    await world.blocks(4);
    expect(status(await other)).toBe('settled');
    await world.clock.advance(30_000);
    expect(status(await fail('t4'))).toBe('invalid_exact_evm_transaction_failed');
    expect(retryAfter(await fail('t5'))).toBeGreaterThan(100);
    expect(events('breaker.opened').map(({ what, which }) => [what, which])).toEqual([
      ['payer', '0xtricky'],
      ['payer', '0xtricky'],
    ]);
    expect(world.engine.networks()[0]?.breakers.payer).toBe(1);
    await world.clock.advance(120_000);
    expect(world.engine.networks()[0]?.breakers.payer).toBe(0);
    expect(events('breaker.closed')).toHaveLength(2);
  });

  it('when nonces are short they take turns with those who share', async () => {
    // Sixty who must travel alone came first.
    const solo = rush((index) => ({ nonce: `solo${index}` }));
    const many = rush((index) => ({ payer: `0x${index}` }), 40);
    await world.blocks(10);
    const done = [...world.ledger.moved().keys()];
    expect(done.filter((anchor) => anchor.includes(':n')).length).toBe(40);
    expect(new Set(await told(Promise.all([solo, many]).then((both) => both.flat())))).toEqual(new Set(['settled']));
  });
});

describe('rule 10: a reorganisation deeper than the confirmation policy is mended', () => {
  const settle = (nonce: string, particulars: Particulars = {}) =>
    world.settle(fakePayment(nonce, soon, particulars), patient);

  async function settled(...nonces: readonly string[]): Promise<void> {
    const answers = nonces.map((nonce) => settle(nonce));
    await world.blocks(4);
    expect((await Promise.all(answers)).map(status)).toEqual(nonces.map(() => 'settled'));
  }

  it('payments whose blocks vanished with their transactions are on chain again, by the same transactions', async () => {
    await settled('a', 'b', 'c');
    const before = [...world.ledger.moved()].map(([anchor, { hash }]) => [anchor, hash]);
    world.ledger.reorganise(8, true);
    expect(world.ledger.moved().size).toBe(0);
    await world.blocks(12);
    expect([...world.ledger.moved()].map(([anchor, { hash }]) => [anchor, hash]).toSorted()).toEqual(before.toSorted());
    expect(events('settle.vanished')).toHaveLength(3);
    expect(events('settle.restored')).toHaveLength(3);
    expect(events('fault')).toEqual([]);
  });

  it('a later payment does not wait behind the nonce that vanished', async () => {
    await settled('a');
    world.ledger.reorganise(8, true);
    const later = settle('b');
    await world.blocks(14);
    expect(status(await later)).toBe('settled');
    expect([...world.ledger.moved().keys()].toSorted()).toEqual([`${NETWORK}:0xbuyer:a`, `${NETWORK}:0xbuyer:b`]);
  });

  it('also when the process died in between', async () => {
    await settled('a', 'b');
    world.crash();
    world.ledger.reorganise(8, true);
    await world.start();
    await world.blocks(14);
    expect(world.ledger.moved().size).toBe(2);
    const record = await world.journal.payment(`${NETWORK}:0xbuyer:a`);
    expect(record).toMatchObject({ state: 'settled', delivered: true });
    expect(status(await settle('a'))).toBe('duplicate_settlement');
  });

  it('a vanished transaction that is stuck is replaced by one with the same payments', async () => {
    await settled('a');
    world.ledger.reorganise(8, true);
    world.ledger.weather.dropBytes = true;
    await world.blocks(16);
    expect(events('settle.replaced').length).toBeGreaterThan(0);
    world.ledger.weather.dropBytes = false;
    await world.blocks(10);
    expect(world.ledger.moved().size).toBe(1);
  });

  it('what can not be mended is said loudly, once, with the payment named', async () => {
    await settled('a');
    world.ledger.reorganise(8, true);
    // Somebody else uses the nonce in the new chain.
    world.ledger.stealNonce('0xone');
    world.ledger.mine();
    await world.blocks(30);
    expect(world.ledger.moved().size).toBe(0);
    const lies = events('fault').filter((fault) => fault.detail.includes(`${NETWORK}:0xbuyer:a`));
    expect(lies).toHaveLength(1);
    expect(lies[0]).toMatchObject({ detail: expect.stringMatching(/^1 of 1 payments told settled are not on chain/) });
  });

  it('it is watched until it lies deep enough, and no longer', async () => {
    await settled('a');
    const attempts = async () => (await world.journal.unfinished(NETWORK)).attempts.map(({ nonce }) => nonce);
    expect(await attempts()).toEqual([0n]);
    await world.blocks(REORG_DEPTH + 4);
    expect(await attempts()).toEqual([]);
  });
});

describe('a payment of nothing', () => {
  it('is refused before anything is asked or kept', async () => {
    const nothing = fakePayment('zero', soon, { amount: 0n });
    expect((await world.settle(nothing)).answer).toMatchObject({ status: 'failed', reason: 'invalid_payment_amount' });
    expect(await world.engine.verify(nothing)).toMatchObject({ answer: { reason: 'invalid_payment_amount' } });
    expect(events('verify.call')).toEqual([]);
    expect(await world.journal.payment(anchorOf('zero'))).toBeUndefined();
  });

  it('a payment from the payee to itself is one like any other', async () => {
    const answer = world.settle(fakePayment('self', soon, { payer: '0xsame', payTo: '0xsame' }));
    await world.blocks(4);
    expect(status(await answer)).toBe('settled');
  });
});
