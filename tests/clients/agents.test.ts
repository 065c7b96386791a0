/** The first customers' agents buy and sell, unmodified in what they send and read. */
import type { Running } from '@facilitator/app';
import { newWallet } from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { post } from '../stage/ask.ts';
import { configFor, facilitatorFor } from '../stage/facilitator.ts';
import { type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';
import { sentBy } from '../stage/on-chain.ts';
import {
  authorizationHeader,
  buyWithPayment,
  type Prefix,
  request,
  sellByHeader,
  sellByRequest,
  sellOnSuccess,
} from './agents.ts';
import { buys, FIRST_NAME, LONG_NAME, PRICE, received } from './glue.ts';

const PREFIXES: readonly Prefix[] = ['', '0x', '0x0x'];
const HASH = /^0x[0-9a-f]{64}$/;
const SOLD = { sold: true, hash: expect.stringMatching(HASH) };

let fuji: NetworkChain;
let baseSepolia: NetworkChain;
let facilitator: Running;
beforeAll(async () => {
  const payer = newWallet();
  fuji = await startNetworkChain('avalanche-fuji', payer);
  baseSepolia = await startNetworkChain('base-sepolia', payer);
  facilitator = await facilitatorFor([fuji, baseSepolia]);
});
afterAll(async () => {
  await facilitator?.close();
  await fuji?.stop();
  await baseSepolia?.stop();
});

describe('T1: the shared client on Base Sepolia, where GLUE has its long name', () => {
  it.each(PREFIXES)('verifies by `valid` and settles; signature prefix %j', async (prefix) => {
    const payee = newWallet().address;
    const body = request(await buys(baseSepolia, LONG_NAME, payee), prefix);
    const settled = await buyWithPayment(facilitator.url, body);
    expect(settled).toMatchObject({ success: true, network: 'base-sepolia', payer: baseSepolia.buyer.address });
    expect(await received(baseSepolia, payee)).toEqual([PRICE]);
  });

  it('reads the reason of a refusal as `reason`', async () => {
    const body = request(await buys(baseSepolia, LONG_NAME, newWallet().address, { buyer: newWallet() }));
    await expect(buyWithPayment(facilitator.url, body)).rejects.toThrow('not valid: insufficient_funds');
  });
});

describe('T2: the seller of chat logs on Fuji, where GLUE has its first name', () => {
  it.each(PREFIXES)('sells; signature prefix %j', async (prefix) => {
    const payee = newWallet().address;
    const header = authorizationHeader(await buys(fuji, FIRST_NAME, payee), prefix);
    expect(await sellByHeader(facilitator.url, header, PRICE)).toEqual(SOLD);
    expect(await received(fuji, payee)).toEqual([PRICE]);
  });

  it('sells for a signature whose v is 0 or 1', async () => {
    const payee = newWallet().address;
    const signed = await buys(fuji, FIRST_NAME, payee);
    const parity = signed.signature.endsWith('1b') ? '00' : '01';
    const header = authorizationHeader({ ...signed, signature: `0x${signed.signature.slice(2, 130)}${parity}` }, '0x');
    expect(await sellByHeader(facilitator.url, header, PRICE)).toEqual(SOLD);
    expect(await received(fuji, payee)).toEqual([PRICE]);
  });

  it('is told the length of a signature whose r lost its leading zeros', async () => {
    const signed = await buys(fuji, FIRST_NAME, newWallet().address);
    const short = `0x${signed.signature.slice(4)}` as const;
    const { status, body } = await post(`${facilitator.url}/verify`, request({ ...signed, signature: short }));
    expect(status).toBe(200);
    expect(body).toMatchObject({ isValid: false, invalidReason: 'invalid_exact_evm_payload_signature' });
    expect(body['invalidMessage']).toContain('64 bytes');
  });

  it('is answered before it gives up after 30 s', () => {
    expect(configFor([fuji]).server.settleWaitMs).toBeLessThanOrEqual(25_000);
  });

  it('does not sell while nothing is mined, and sells when it asks again', async () => {
    const chain = await startNetworkChain('avalanche-fuji');
    onTestFinished(() => chain.stop());
    const { url, close } = await facilitatorFor([chain], { SETTLE_WAIT_SECONDS: '1' });
    onTestFinished(() => close());
    const payee = newWallet().address;
    const header = authorizationHeader(await buys(chain, FIRST_NAME, payee), '0x');
    await chain.anvil.pauseMining();
    expect(await sellByHeader(url, header, PRICE)).toEqual({
      sold: false,
      reason: 'settlement_pending',
      payer: chain.buyer.address,
    });
    await chain.anvil.resumeMining();
    expect(await sellByHeader(url, header, PRICE)).toEqual(SOLD);
    expect(await received(chain, payee)).toEqual([PRICE]);
  });
});

describe('T3: the long name on Fuji', () => {
  it('is refused with a reason that names the right domain, whether it was stated or only signed', async () => {
    const signed = await buys(fuji, LONG_NAME, newWallet().address);
    for (const [body, reason] of [
      [request(signed), 'invalid_exact_evm_token_name_mismatch'],
      [request({ ...signed, domain: FIRST_NAME }), 'invalid_exact_evm_payload_signature'],
    ] as const) {
      const verified = await post(`${facilitator.url}/verify`, body);
      expect(verified.status).toBe(200);
      expect(verified.body).toMatchObject({ isValid: false, invalidReason: reason, payer: fuji.buyer.address });
      expect(verified.body['invalidMessage']).toContain('"GLUE Token"');
      const settled = await post(`${facilitator.url}/settle`, body);
      expect(settled.status).toBe(200);
      expect(settled.body).toMatchObject({ success: false, isValid: false, errorReason: reason, transaction: '' });
      expect(settled.body['errorMessage']).toContain('"GLUE Token"');
    }
  });
});

describe('T4: sellers that read `isValid` in the settle answer', () => {
  it('find it with the hash under three names', async () => {
    const payee = newWallet().address;
    const { status, body } = await post(
      `${facilitator.url}/settle`,
      request(await buys(baseSepolia, LONG_NAME, payee)),
    );
    expect(status).toBe(200);
    const { transaction } = body;
    expect(transaction).toMatch(HASH);
    expect(body).toMatchObject({
      isValid: true,
      transactionHash: transaction,
      transaction_hash: transaction,
      tx_hash: transaction,
    });
    expect(await received(baseSepolia, payee)).toEqual([PRICE]);
  });

  it('sell for a payment that is on chain, and not for one that is refused', async () => {
    const [payee, poor] = [newWallet().address, newWallet()];
    const good = request(await buys(fuji, FIRST_NAME, payee));
    expect(await sellByRequest(facilitator.url, good)).toEqual(SOLD);
    const bad = request(await buys(fuji, FIRST_NAME, payee, { buyer: poor }));
    expect(await sellByRequest(facilitator.url, bad)).toEqual({
      sold: false,
      reason: 'insufficient_funds',
      payer: poor.address,
    });
    expect(await received(fuji, payee)).toEqual([PRICE]);
  });

  it('do not sell for a transfer that fails on chain, and see no hash that they would take for success', async () => {
    const { anvil, facilitator: payer } = fuji;
    const [payee, spender] = [newWallet().address, newWallet()];
    await fuji.setBalance('GLUE', spender.address, PRICE);
    const sentBefore = await sentBy(anvil, payer.address);
    await anvil.pauseMining();
    onTestFinished(() => anvil.resumeMining());
    const body = request(await buys(fuji, FIRST_NAME, payee, { buyer: spender }));
    const answering = post(`${facilitator.url}/settle`, body);
    await vi.waitFor(async () => expect(await sentBy(anvil, payer.address)).toBe(sentBefore + 1), { interval: 20 });
    // The money leaves while the transaction waits in the pool.
    await fuji.setBalance('GLUE', spender.address, 0n);
    await anvil.resumeMining();

    const failed = await answering;
    expect(failed.status).toBe(200);
    expect(failed.body).toMatchObject({
      success: false,
      isValid: false,
      errorReason: 'insufficient_funds',
      transaction: expect.stringMatching(HASH),
      payer: spender.address,
    });
    for (const name of ['transactionHash', 'transaction_hash', 'tx_hash']) expect(failed.body).not.toHaveProperty(name);
    expect(await received(fuji, payee)).toEqual([]);
  });
});

describe('T5: the seller that reads `success`, `transaction` and `error_reason`', () => {
  it('finds them', async () => {
    const [payee, poor] = [newWallet().address, newWallet()];
    const good = request(await buys(baseSepolia, LONG_NAME, payee));
    expect(await sellOnSuccess(facilitator.url, good)).toEqual(SOLD);
    const bad = request(await buys(baseSepolia, LONG_NAME, payee, { buyer: poor }));
    expect(await sellOnSuccess(facilitator.url, bad)).toEqual({
      sold: false,
      reason: 'insufficient_funds',
      payer: poor.address,
    });
    expect(await received(baseSepolia, payee)).toEqual([PRICE]);
  });
});
