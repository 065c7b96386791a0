/** What signers hold, as the engine asks for it. */
import { newWallet } from '@facilitator/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evmChain, jsonRpc, localSigner } from '../src/index.ts';
import { realClock } from './clock.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.stop());

it('is asked for all signers in one round trip, in their order', async () => {
  const wallets = Array.from({ length: 3 }, () => newWallet());
  for (const [index, { address }] of wallets.entries()) await stage.anvil.setBalance(address, BigInt(index) * 7n);
  const rpc = jsonRpc({ url: stage.proxy.url, clock: realClock });
  const signers = wallets.map(({ privateKey }) => localSigner(privateKey));
  const chain = evmChain({ network: stage.network, rpc, signers, clock: realClock });
  await chain.open();
  stage.proxy.reset();
  expect(await chain.balances()).toEqual([0n, 7n, 14n]);
  expect(stage.proxy.requests).toBe(1);
  await rpc.close();
});

it('rejects when the node does not answer, and names no address', async () => {
  const chain = stage.another({ url: 'http://127.0.0.1:1' });
  await expect(chain.balances()).rejects.toThrow(/the RPC cannot be reached/);
  await expect(chain.balances()).rejects.not.toThrow(/127\.0\.0\.1/);
});
