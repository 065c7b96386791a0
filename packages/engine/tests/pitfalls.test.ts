/**
 * What goes wrong when payments share transactions, and the rule against each, one test or more for every rule. Those that
 * only a real chain can show are beside this in packages/chain-evm/tests/pitfalls.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NetworkRules, Settlement } from '../src/engine.ts';
import { fakePayment, NETWORK, REORG_DEPTH } from './fake-chain.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let soon: bigint;

beforeEach(async () => {
  world = await createWorld();
  soon = world.clock.now() + 60n;
});
afterEach(() => world.close());

const status = ({ answer }: Settlement) => (answer.status === 'failed' ? answer.reason : answer.status);
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
  const events = (type: string) => world.events.filter((event) => event.type === type);
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
    const lies = events('fault').filter((fault) => 'detail' in fault && fault.detail.includes(`${NETWORK}:0xbuyer:a`));
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
