/** One network's RPC hangs on every call: the other network is verified and settled as usual, and the outage shows. */
import type { Running } from '@facilitator/app';
import { type ChaosProxy, newWallet, paymentRequestV2, signAuthorization, startChaosProxy } from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, post } from '../stage/ask.ts';
import { facilitatorFor } from '../stage/facilitator.ts';
import { domainOf, type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';
import { PATIENCE } from '../stage/patience.ts';

const AMOUNT = 10n;

let healthy: NetworkChain;
let sick: NetworkChain;
let proxy: ChaosProxy;
let facilitator: Running;
beforeAll(async () => {
  const wallet = newWallet();
  healthy = await startNetworkChain('base-sepolia', wallet);
  sick = await startNetworkChain('avalanche-fuji', wallet);
  proxy = await startChaosProxy(sick.anvil.url);
  facilitator = await facilitatorFor([healthy, sick], { RPC_URL_AVALANCHE_FUJI: proxy.url });
});
afterAll(async () => {
  proxy.off();
  await facilitator.close();
  await proxy.stop();
  await Promise.all([healthy.stop(), sick.stop()]);
});

async function request({ network, buyer, seller, token }: NetworkChain): Promise<unknown> {
  const usdc = token('USDC');
  const { address } = usdc;
  const domain = domainOf(usdc);
  const payload = await signAuthorization({
    privateKey: buyer.privateKey,
    chainId: network.chainId,
    token: { address, ...domain },
    to: seller.address,
    value: AMOUNT,
  });
  return paymentRequestV2({
    ...{ network: network.caip2, asset: address, payTo: seller.address, amount: AMOUNT, payload },
    extra: domain,
  });
}

const requests = (chain: NetworkChain, count: number) =>
  Promise.all(Array.from({ length: count }, () => request(chain)));
const statusOf = async (chain: NetworkChain) => {
  const { body } = await get(`${facilitator.url}/health`);
  const networks = body['networks'] as readonly { readonly name: string; readonly status: string }[];
  return networks.find(({ name }) => name === chain.network.name)?.status;
};
const settle = async (body: unknown) => (await post(`${facilitator.url}/settle`, body)).body['success'];

describe('while one RPC hangs', () => {
  it('the other network settles and verifies as usual', async () => {
    const waiting = await requests(sick, 20);
    const [good, better] = [await requests(healthy, 20), await requests(healthy, 20)];
    proxy.on('no-answer');
    let answered = 0;
    const hanging = waiting.map(async (body, index) => {
      const answer = await post(`${facilitator.url}/${index % 2 === 0 ? 'settle' : 'verify'}`, body);
      answered += 1;
      return answer.status;
    });
    await expect.poll(() => proxy.hits.length, PATIENCE).toBeGreaterThan(0);

    const settled = await Promise.all(good.map(settle));
    const verified = await Promise.all(better.map((body) => post(`${facilitator.url}/verify`, body)));
    expect(answered).toBe(0);
    expect(settled).toEqual(good.map(() => true));
    expect(verified.map(({ body }) => body['isValid'])).toEqual(better.map(() => true));
    expect(await healthy.balance('USDC', healthy.seller.address)).toBe(AMOUNT * 20n);

    expect(new Set(await Promise.all(hanging))).toEqual(new Set([503]));
  });

  it('says which network is silent and why, and that it is over', async () => {
    await expect
      .poll(async () => {
        await post(`${facilitator.url}/verify`, await request(sick));
        return statusOf(sick);
      }, PATIENCE)
      .toBe('silent');
    expect(await statusOf(healthy)).toBe('open');
    const ready = await get(`${facilitator.url}/ready`);
    expect(ready).toMatchObject({
      status: 200,
      body: {
        ready: true,
        notServed: [
          {
            name: 'avalanche-fuji',
            status: 'silent',
            reason: expect.stringMatching(/^the RPC does not answer \(the RPC did not answer .*\)$/),
          },
        ],
      },
    });
    const metrics = async () => (await fetch(`${facilitator.url}/metrics`)).text();
    expect(await metrics()).toContain('facilitator_rpc_answers{network="eip155:43113"} 0');
    expect(await metrics()).toContain('facilitator_rpc_answers{network="eip155:84532"} 1');

    proxy.off();
    expect(await settle(await request(sick))).toBe(true);
    expect(await statusOf(sick)).toBe('open');
    expect(await metrics()).toContain('facilitator_rpc_answers{network="eip155:43113"} 1');
  });
});
