/** Two or three endpoints of one real node, with what providers do to their callers in between. */
import type { Attempt } from '@facilitator/engine';
import {
  type ChaosOptions,
  type ChaosProxy,
  type CountingProxy,
  countingProxy,
  FAULT_NAMES,
  type FaultName,
  mixedWeather,
  startChaosProxy,
  type Wallet,
} from '@facilitator/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type EndpointReport, type EvmChain, evmChain, localSigner, type RpcPool, rpcPool } from '../src/index.ts';
import { attemptsFor, included, tally } from './attempts.ts';
import { type HandClock, handClock, realClock } from './clock.ts';
import { decoded, type Stage, setStage } from './stage.ts';

let stage: Stage;
let payer: Wallet;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());
beforeEach(async () => {
  payer = await stage.payer();
});

type Side = { readonly chaos: ChaosProxy; readonly count: CountingProxy };
type Pair = {
  readonly chain: EvmChain;
  readonly rpc: RpcPool;
  readonly first: Side;
  readonly second: Side;
  readonly changes: EndpointReport[];
  readonly clock: HandClock;
};

type Given = { readonly chaos?: ChaosOptions; readonly timeoutMs?: number };

/** Counted is what gets through chaos to the node. */
async function side(options: ChaosOptions = {}): Promise<Side> {
  const count = await countingProxy(stage.anvil.url);
  const chaos = await startChaosProxy(count.url, options);
  onTestFinished(async () => {
    await chaos.stop();
    await count.stop();
  });
  return { chaos, count };
}

/** Grows with every request, whatever became of it. */
const asked = ({ chaos, count }: Side) => chaos.hits.length + count.requests;

async function pair({ chaos = {}, timeoutMs = 3_000 }: Given = {}): Promise<Pair> {
  const [first, second] = [await side(chaos), await side(chaos)];
  const changes: EndpointReport[] = [];
  // Blocks keep the real time.
  const clock: HandClock = { ...handClock(), now: realClock.now };
  const rpc = rpcPool({
    ...{ endpoints: [{ url: first.chaos.url }, { url: second.chaos.url }], chainId: stage.anvil.chainId },
    ...{ blockMs: stage.network.blockMs, clock, timeoutMs, onChange: (report) => changes.push(report) },
  });
  onTestFinished(() => rpc.close());
  const signers = [localSigner(stage.operator.privateKey)];
  const chain = evmChain({ network: stage.network, rpc, signers, clock: realClock });
  return { chain, rpc, first, second, changes, clock };
}

const verify = async (chain: EvmChain) => {
  const [verdict] = await chain.verify([decoded(chain.decode(await stage.pay(payer)))]);
  return verdict?.status;
};

/** The faults that an endpoint can have with anything it is asked. */
const ANYTHING: readonly FaultName[] = [
  'drop-before',
  'connection-reset',
  'no-answer',
  'http-429',
  'http-500',
  'http-502',
  'garbled-json',
  'truncated-body',
  'oversized-body',
  'wrong-ids',
];

describe('an endpoint that fails', () => {
  it.each(ANYTHING)('by %s is stood in for, and comes back', async (fault) => {
    const { chain, rpc, first, second, clock } = await pair();
    expect(await chain.open()).toMatchObject({ status: 'open' });
    await rpc.inspect();
    const unasked = asked(second);
    expect(await verify(chain)).toBe('valid');
    expect(asked(second)).toBe(unasked);

    first.chaos.on(fault);
    expect([await verify(chain), await verify(chain)]).toEqual(['valid', 'valid']);
    expect(first.chaos.hits).not.toEqual([]);
    // What hangs is found out at the deadline, everything else at once.
    await expect.poll(() => rpc.reports()[0]?.standing, { timeout: 5_000 }).toBe('left');
    const before = asked(first);
    expect(await verify(chain)).toBe('valid');
    expect(asked(first)).toBe(before);

    first.chaos.off();
    clock.move(60_000);
    await verify(chain);
    await expect.poll(() => rpc.reports()[0]?.standing).toBe('good');
    second.chaos.on(fault);
    expect(await verify(chain)).toBe('valid');
  });

  it('by answering slowly is asked no more than needed', async () => {
    const { chain, first } = await pair({ chaos: { dripMs: 300 } });
    await chain.open();
    first.chaos.on('slow-drip');
    const verdicts = await Promise.all(Array.from({ length: 10 }, () => verify(chain)));
    expect(verdicts.every((status) => status === 'valid')).toBe(true);
    const before = asked(first);
    expect(await verify(chain)).toBe('valid');
    expect(asked(first)).toBe(before);
  });

  it('to take batches is asked one by one, and the other is not', async () => {
    const { chain, rpc, first, second } = await pair();
    first.chaos.on('batch-refused');
    expect(await chain.open()).toMatchObject({ status: 'open' });
    await rpc.inspect();
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 4, chain });
    await stage.anvil.mine();
    expect(tally(await chain.observe(attempts, items))).toEqual({ included: 4 });
    first.chaos.on('drop-before');
    second.count.reset();
    expect(tally(await chain.observe(attempts, items))).toEqual({ included: 4 });
    expect(second.count.requests).toBeLessThan(second.count.calls.length);
    expect(rpc.reports().map(({ standing }) => standing)).toEqual(['left', 'good']);
  });

  it.each<FaultName>(['batch-gaps', 'batch-duplicates', 'batch-reordered'])('to keep order: %s', async (fault) => {
    const { chain, first, second } = await pair();
    await chain.open();
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 4, chain });
    await stage.anvil.mine();
    for (const { chaos } of [first, second]) chaos.on(fault);
    expect(tally(await chain.observe(attempts, items))).toEqual({ included: 4 });
    expect(first.chaos.hits.length + second.chaos.hits.length).toBeGreaterThan(0);
  });

  it('with HTTP 429 is left for as long as it says', async () => {
    const { chain, rpc, first, clock } = await pair({ chaos: { retryAfterSeconds: 20 } });
    await chain.open();
    await rpc.inspect();
    first.chaos.on('http-429', { times: 1 });
    expect(await verify(chain)).toBe('valid');
    expect(rpc.reports()[0]).toMatchObject({ standing: 'left', why: 'it wants less traffic' });
    first.count.reset();
    clock.move(19_000);
    const { attempts } = await attemptsFor(stage, payer, { attempts: 1, chain });
    expect(attempts).toHaveLength(1);
    expect(await verify(chain)).toBe('valid');
    expect(first.count.calls).toEqual([]);
    clock.move(1_000);
    expect(rpc.reports()[0]?.standing).toBe('good');
  });
});

describe('an endpoint that is of another chain', () => {
  it('is excluded from the start, and said to be', async () => {
    const { chain, first, changes } = await pair();
    first.chaos.on('wrong-chain-id');
    expect(await chain.open()).toMatchObject({ status: 'open' });
    expect(await verify(chain)).toBe('valid');
    expect(changes).toEqual([{ number: 1, standing: 'excluded', why: 'it serves chain 1337' }]);
    // Which chain it is, chaos says by itself.
    expect(new Set(first.count.calls)).toEqual(new Set(['eth_getBlockByNumber']));
  });

  it('is excluded when it becomes one', async () => {
    const { chain, rpc, first, clock } = await pair();
    await chain.open();
    first.chaos.on('wrong-chain-id');
    clock.move(60_000);
    await verify(chain);
    await expect.poll(() => rpc.reports()[0]?.standing).toBe('excluded');
    first.count.reset();
    expect(await verify(chain)).toBe('valid');
    expect(first.count.calls).toEqual([]);
  });

  it('closes nothing by itself, but all together serve nothing', async () => {
    const { chain, first, second } = await pair();
    for (const { chaos } of [first, second]) chaos.on('wrong-chain-id');
    expect(await chain.open()).toEqual({
      status: 'unreachable',
      reason: 'no RPC endpoint can be asked (endpoint 1: it serves chain 1337; endpoint 2: it serves chain 1337)',
    });
  });
});

describe('an endpoint that is behind', () => {
  /** Nonces that another transaction of the same key took, and payments that were made: what a node behind denies. */
  async function history(chain: EvmChain) {
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 1, chain });
    await stage.anvil.mine(3);
    const [attempt] = attempts;
    const [item] = items.flat();
    if (attempt === undefined || item === undefined) throw new Error('nothing was sent');
    return { attempts, items, attempt, item };
  }

  it.each([
    ['the one that is asked', 'first'],
    ['the one that stands in', 'second'],
  ] as const)('never proves absence: %s', async (_, which) => {
    const sides = await pair({ chaos: { staleBlocks: 30 } });
    const { chain, rpc, first, clock } = sides;
    await chain.open();
    await rpc.inspect();
    const { attempts, items, item, attempt } = await history(chain);
    expect(tally(await chain.observe(attempts, items))).toEqual({ included: 1 });
    expect(await chain.locate(item)).toMatchObject({ status: 'paid' });
    sides[which].chaos.on('stale-reads');
    if (which === 'second') first.chaos.on('drop-before');
    const rival: Attempt = { ...attempt, hash: `0x${'12'.repeat(32)}` };
    for (let round = 0; round < 6; round += 1) {
      const [seen, other] = await chain.observe([attempt, rival], [[item], []]);
      expect(['included', 'unseen']).toContain(seen?.status);
      if (which === 'second') expect(other?.status).toBe('unseen');
      const where = await chain.locate(item);
      expect(['paid', 'unknown']).toContain(where.status);
      clock.move(5_000);
    }
    if (which === 'second')
      await expect(chain.floor(stage.operator.address)).rejects.toThrow(/transaction count .* is not known/);
  });

  it('at block 0 is found out', async () => {
    const { chain, rpc, first, changes } = await pair();
    first.chaos.on('head-zero');
    expect(await chain.open()).toMatchObject({ status: 'open' });
    expect(await verify(chain)).toBe('valid');
    expect(rpc.reports()[0]).toMatchObject({ why: 'the RPC is at block 0' });
    expect(changes).toMatchObject([{ number: 1, why: 'the RPC is at block 0' }]);
  });

  it('with its receipts only is waited for', async () => {
    const { chain, first, second } = await pair({ chaos: { lateReceipts: 2 } });
    await chain.open();
    for (const { chaos } of [first, second]) chaos.on('late-receipt');
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 1, chain });
    await stage.anvil.mine();
    const seen: unknown[] = [];
    for (let look = 0; look < 3; look += 1) seen.push((await chain.observe(attempts, items))[0]?.status);
    expect(seen).toEqual(['unseen', 'unseen', 'included']);
  });
});

describe('a transaction', () => {
  it.each<readonly [FaultName, FaultName | undefined, string]>([
    ['drop-after-accept', 'drop-after-accept', 'unknown'],
    ['drop-after-accept', undefined, 'accepted'],
    ['no-answer-after-accept', undefined, 'accepted'],
    ['nonce-too-low', undefined, 'accepted'],
    ['nonce-too-low', 'nonce-too-low', 'unknown'],
    ['nonce-too-low-after-accept', 'nonce-too-low-after-accept', 'accepted'],
    ['already-known', 'already-known', 'accepted'],
    ['http-500', 'http-502', 'unknown'],
    ['garbled-json', undefined, 'accepted'],
  ])('met by %s and by %s is as far as can be known', async (one, other, expected) => {
    const { chain, first, second } = await pair();
    await chain.open();
    await stage.anvil.pauseMining();
    const { attempts } = await attemptsFor(stage, payer, { attempts: 1, chain, sent: false });
    first.chaos.on(one);
    if (other !== undefined) second.chaos.on(other);
    const [attempt] = attempts;
    expect(attempt && (await chain.broadcast(attempt)).status).toBe(expected);
    // It may be sent again, and settles once.
    first.chaos.off();
    second.chaos.off();
    const again = attempt && (await chain.broadcast(attempt)).status;
    expect(['accepted', 'unknown']).toContain(again);
    await stage.anvil.resumeMining();
    const [sighting] = await chain.observe(attempts, [[]]);
    expect(included(sighting).final).toBe(true);
  });
});

describe('many attempts', () => {
  it('are followed over both endpoints, whichever fails in between', async () => {
    const { chain, rpc, first, second } = await pair();
    await chain.open();
    await rpc.inspect();
    await stage.anvil.pauseMining();
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 12, chain });
    expect(tally(await chain.observe(attempts, items))).toEqual({ unseen: 12 });
    await stage.anvil.mine();
    first.chaos.on('http-500');
    expect(tally(await chain.observe(attempts, items))).toEqual({ included: 12 });
    first.chaos.off();
    second.chaos.on('stale-reads');
    for (let block = 0; block < 3; block += 1) {
      await stage.anvil.mine();
      const seen = tally(await chain.observe(attempts, items));
      expect(seen['superseded']).toBeUndefined();
    }
    second.chaos.off();
    expect(tally(await chain.observe(attempts, items))).toEqual({ included: 12 });
    await stage.anvil.resumeMining();
  });
});

describe('in bad weather', () => {
  it.each([1, 2, 3, 4])('nothing is believed that is not so (%d)', async (seed) => {
    const { chain, first, second, clock } = await pair({
      chaos: { seed, staleBlocks: 20, dripMs: 5 },
      timeoutMs: 1_000,
    });
    await chain.open();
    const { attempts, items } = await attemptsFor(stage, payer, { attempts: 10, chain });
    await stage.anvil.mine(2);
    const faults = FAULT_NAMES.filter((name) => !name.startsWith('no-answer') && name !== 'oversized-body');
    for (const { chaos } of [first, second]) chaos.weather(mixedWeather(0.6, faults));
    const item = items.flat()[0];
    const seen = new Set<string>();
    for (let round = 0; round < 25; round += 1) {
      for (const { status } of await chain.observe(attempts, items)) seen.add(status);
      if (item !== undefined) seen.add((await chain.locate(item)).status);
      clock.move(3_000);
    }
    expect([...seen].filter((status) => !['included', 'unseen', 'paid', 'unknown'].includes(status))).toEqual([]);
    expect(first.chaos.hits.length + second.chaos.hits.length).toBeGreaterThan(20);
    for (const { chaos } of [first, second]) chaos.weather({});
    clock.move(60_000);
    await expect.poll(async () => tally(await chain.observe(attempts, items))).toEqual({ included: 10 });
    await expect.poll(async () => item && (await chain.locate(item)).status).toBe('paid');
  });
});
