import { delegateAccount, newWallet, startForwarder, type Wallet } from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type EvmAuthorization, type EvmChain, jsonRpc } from '../src/index.ts';
import { askOne } from '../src/rpc/rpc.ts';
import { codeSizesQuestion, MOST_ACCOUNTS } from '../src/verify/code-sizes.ts';
import { handClock, realClock } from './clock.ts';
import { decoded, type Stage, setStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());

async function chainAfresh() {
  const clock = handClock();
  const chain = stage.another({ clock });
  await chain.open();
  stage.proxy.reset();
  return { chain, clock };
}

const payers = (count: number) => Promise.all(Array.from({ length: count }, () => stage.payer()));
const authorizations = async (chain: EvmChain, wallets: readonly Wallet[]): Promise<readonly EvmAuthorization[]> =>
  (await Promise.all(wallets.map((wallet) => stage.pay(wallet)))).map((payment) => decoded(chain.decode(payment)));

describe('payers that are verified together', () => {
  it('may share a transaction unless they have code, which one more call tells', async () => {
    const { chain } = await chainAfresh();
    const wallets = await payers(4);
    const delegated = wallets[2];
    if (delegated === undefined) throw new Error('no third payer');
    await delegateAccount(stage.anvil, delegated.address);
    const items = await authorizations(chain, wallets);
    expect(items.some(chain.groupable)).toBe(false);
    const fresh = await chainAfresh();
    expect(await fresh.chain.verify(items)).toEqual(items.map(() => ({ status: 'valid' })));
    expect(items.map(fresh.chain.groupable)).toEqual([true, true, false, true]);
    // The one with code is judged again, alone, with no more gas than it will have.
    expect([stage.proxy.calls, stage.proxy.requests]).toEqual([['eth_call', 'eth_call', 'eth_call'], 2]);
  });

  it('are looked at again before what is known of them runs out', async () => {
    const { chain, clock } = await chainAfresh();
    const items = await authorizations(chain, await payers(3));
    await chain.verify(items);
    for (const [ms, calls] of [
      [59_000, 1],
      [2_000, 2],
      [59_000, 1],
    ] as const) {
      clock.move(ms);
      stage.proxy.reset();
      await chain.verify(items);
      expect(stage.proxy.counts()['eth_call']).toBe(calls);
      expect(items.every(chain.groupable)).toBe(true);
    }
    clock.move(120_000);
    expect(items.some(chain.groupable)).toBe(false);
  });
});

describe('payers that are verified alone', () => {
  it('cost one call each, and one for all when somebody asks who may share', async () => {
    const { chain } = await chainAfresh();
    const items = await authorizations(chain, await payers(5));
    for (const item of items) await chain.verify([item]);
    expect(stage.proxy.calls).toEqual(items.map(() => 'eth_call'));
    const [first] = items;
    expect(first && chain.groupable(first)).toBe(false);
    await expect.poll(() => items.every(chain.groupable)).toBe(true);
    expect(stage.proxy.calls).toHaveLength(items.length + 1);
  });

  it('stay alone where nobody says, and are not asked about again at once', async () => {
    let asked = 0;
    const forwarder = await startForwarder({
      upstream: stage.proxy.url,
      intercept({ method, params }) {
        if (method !== 'eth_call' || 'to' in (params[0] as object)) return { action: 'pass' };
        asked += 1;
        return { action: 'refuse', code: -32000, message: 'contract creation is not allowed here' };
      },
    });
    onTestFinished(() => forwarder.stop());
    const clock = handClock();
    const chain = stage.another({ clock, url: forwarder.url });
    const items = await authorizations(chain, await payers(1));
    expect(items.some(chain.groupable)).toBe(false);
    await expect.poll(() => asked).toBe(1);
    // Until it has answered, somebody is looking anyway.
    await chain.verify(items);
    for (let round = 0; round < 20; round += 1) expect(items.some(chain.groupable)).toBe(false);
    await chain.verify(items);
    expect(asked).toBe(1);
    clock.move(5_000);
    expect(items.some(chain.groupable)).toBe(false);
    await expect.poll(() => asked).toBe(2);
  });
});

it('the look tells who has code among as many as fit', async () => {
  const rpc = jsonRpc({ url: stage.proxy.url, clock: realClock });
  const contract = stage.network.multicall3.toLowerCase() as `0x${string}`;
  const accounts = Array.from({ length: MOST_ACCOUNTS - 1 }, () => newWallet().address.toLowerCase() as `0x${string}`);
  const found = await askOne(rpc, codeSizesQuestion([...accounts, contract], accounts[0] ?? contract));
  expect(found?.size).toBe(MOST_ACCOUNTS);
  expect([...(found ?? [])].filter(([, hasCode]) => hasCode)).toEqual([[contract, true]]);
  await rpc.close();
});
