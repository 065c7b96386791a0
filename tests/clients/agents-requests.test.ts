/** What the first customers' agents and their scripts ask besides paying, ask oddly, or ask twice. */
import type { Running } from '@facilitator/app';
import { type AuthorizationPayload, newWallet, transferCalldata, tryCall } from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { get, post } from '../stage/ask.ts';
import { facilitatorFor } from '../stage/facilitator.ts';
import type { NetworkChain } from '../stage/network-chain.ts';
import { SELECTOR, sentBy, sentTransaction } from '../stage/on-chain.ts';
import { buyWithPayment, request, sellByRequest } from './agents.ts';
import { buys, type Chains, FIRST_NAME, LONG_NAME, NAMES, PRICE, received, startChains } from './glue.ts';

let chains: Chains;
let fuji: NetworkChain;
let baseSepolia: NetworkChain;
let facilitator: Running;
beforeAll(async () => {
  chains = await startChains();
  ({ 'avalanche-fuji': fuji, 'base-sepolia': baseSepolia } = chains);
  facilitator = await facilitatorFor(Object.values(chains));
});
afterAll(async () => {
  await facilitator?.close();
  await Promise.all(Object.values(chains ?? {}).map((chain) => chain.stop()));
});

describe('T6: their scripts', () => {
  it('find /health healthy, with kinds and providers', async () => {
    const { status, body } = await get(`${facilitator.url}/health`);
    expect(status).toBe(200);
    expect(body['status']).toBe('healthy');
    for (const network of NAMES) {
      expect(body['kinds']).toContainEqual({ x402Version: 1, scheme: 'exact', network });
      expect(body['providers']).toContainEqual({ network, address: chains[network].facilitator.address });
    }
  });

  it('find their four networks in /supported', async () => {
    const { status, body } = await get(`${facilitator.url}/supported`);
    expect(status).toBe(200);
    for (const network of NAMES) {
      expect(body['kinds']).toContainEqual(expect.objectContaining({ x402Version: 1, scheme: 'exact', network }));
    }
  });

  it('are told what is wrong with a POST /verify of nothing', async () => {
    const { status, body } = await post(`${facilitator.url}/verify`, {});
    expect(status).toBe(400);
    expect(body).toMatchObject({ isValid: false, invalidReason: 'invalid_payload' });
    expect(body['error']).toMatch(/x402Version/);
  });
});

describe('T7: payloads written by hand', () => {
  it('may have times as numbers, until the year 2286, and pay the payer himself', async () => {
    const { buyer } = baseSepolia;
    const window = { validAfter: 0n, validBefore: 9_999_999_999n };
    const signed = await buys(baseSepolia, LONG_NAME, buyer.address, { window });
    const body = request(signed);
    const numeric = { ...signed.authorization, validAfter: 0, validBefore: 9_999_999_999 };
    Object.assign(body.paymentPayload.payload, { authorization: numeric });
    expect(await buyWithPayment(facilitator.url, body)).toMatchObject({ success: true });
    expect(await received(baseSepolia, buyer.address)).toEqual([PRICE]);
  });

  it.each(['verify', 'settle'])(
    'with `recipient` and `amount` are told which fields are meant, by %s',
    async (path) => {
      const body = request(await buys(baseSepolia, LONG_NAME, newWallet().address));
      const { payTo: recipient, maxAmountRequired: amount, ...rest } = body.paymentRequirements;
      const former = { ...body, paymentRequirements: { ...rest, recipient, amount } };
      const answer = await post(`${facilitator.url}/${path}`, former);
      expect(answer.status).toBe(400);
      expect(answer.body['error']).toMatch(/paymentRequirements\.payTo .*found recipient/);
      expect(answer.body['error']).toMatch(/paymentRequirements\.maxAmountRequired .*found amount/);
    },
  );
});

describe('T8: the same settle twice', () => {
  it('at the same time is one transfer and one sale', async () => {
    const payee = newWallet().address;
    const body = request(await buys(fuji, FIRST_NAME, payee));
    const sales = await Promise.all([sellByRequest(facilitator.url, body), sellByRequest(facilitator.url, body)]);
    expect(sales.map(({ sold }) => sold).sort()).toEqual([false, true]);
    expect(sales).toContainEqual({ sold: false, reason: 'duplicate_settlement', payer: fuji.buyer.address });
    expect(await received(fuji, payee)).toEqual([PRICE]);
  });

  it('after the client gave up is the success of the first transfer, once', async () => {
    const payee = newWallet().address;
    const body = request(await buys(fuji, FIRST_NAME, payee));
    const { anvil, facilitator: payer } = fuji;
    const sentBefore = await sentBy(anvil, payer.address);
    await anvil.pauseMining();
    onTestFinished(() => anvil.resumeMining());
    const client = new AbortController();
    const first = post(`${facilitator.url}/settle`, body, client.signal);
    await vi.waitFor(async () => expect(await sentBy(anvil, payer.address)).toBe(sentBefore + 1), { interval: 20 });
    client.abort();
    await expect(first).rejects.toThrow('abort');
    await anvil.resumeMining();

    expect(await sellByRequest(facilitator.url, body)).toMatchObject({ sold: true });
    expect(await sellByRequest(facilitator.url, body)).toMatchObject({ sold: false, reason: 'duplicate_settlement' });
    expect(await received(fuji, payee)).toEqual([PRICE]);
    expect(await sentBy(anvil, payer.address)).toBe(sentBefore + 1);
  });
});

describe('T9: GLUE has no overload that takes the signature as bytes', () => {
  it.each([
    ['avalanche-fuji', FIRST_NAME],
    ['base-sepolia', LONG_NAME],
  ] as const)('on %s, so the call is by v, r, s', async (name, domain) => {
    const chain = chains[name];
    const payee = newWallet().address;
    const signed = await buys(chain, domain, payee);
    const payload = { signature: signed.signature, authorization: signed.authorization } as AuthorizationPayload;
    const to = chain.token('GLUE').address;
    const trial = (overload: 'vrs' | 'bytes') =>
      tryCall(chain.anvil, { to, data: transferCalldata(payload, overload) });
    expect(await trial('bytes')).toMatchObject({ status: 'reverted' });
    expect(await trial('vrs')).toMatchObject({ status: 'passed' });

    const sale = await sellByRequest(facilitator.url, request(signed));
    if (!sale.sold) throw new Error(`not sold: ${sale.reason}`);
    const { input } = await sentTransaction(chain.anvil, sale.hash);
    expect(input.slice(0, 10)).toBe(SELECTOR.vrs);
    expect(await received(chain, payee)).toEqual([PRICE]);
  });
});
