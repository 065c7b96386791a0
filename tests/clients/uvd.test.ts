/** uvd-x402-sdk as published: its buyers sign, its sellers verify and settle through its FacilitatorClient. */

import type { Running } from '@facilitator/app';
import { newWallet, type Wallet } from '@facilitator/testing';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { createX402V1Header, createX402V2Header, EnvKeyAdapter, X402Client, type X402Header } from 'uvd-x402-sdk';
import {
  buildPaymentRequirements,
  createHonoMiddleware,
  FacilitatorClient,
  type PaymentRequirements,
  parsePaymentHeader,
} from 'uvd-x402-sdk/backend';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { facilitatorFor } from '../stage/facilitator.ts';
import { type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';
import { transfersTo } from '../stage/on-chain.ts';
import { listen } from './listen.ts';

type Version = 1 | 2;

const AMOUNT = '0.01';
const UNITS = 10_000n;

let chain: NetworkChain;
let facilitator: Running;
let client: FacilitatorClient;
beforeAll(async () => {
  chain = await startNetworkChain('base');
  facilitator = await facilitatorFor([chain]);
  client = new FacilitatorClient({ baseUrl: facilitator.url });
});
afterAll(async () => {
  await facilitator?.close();
  await chain?.stop();
});

/** The header that the SDK's client makes of a private key. */
async function header(payer: Wallet, seller: Wallet, x402Version: Version): Promise<string> {
  const buyer = new X402Client({ defaultChain: 'base', x402Version });
  await buyer.connectWithPrivateKey(payer.privateKey);
  const { paymentHeader } = await buyer.createPayment({ recipient: seller.address, amount: AMOUNT });
  return paymentHeader;
}

async function payment(payer: Wallet, seller: Wallet, version: Version): Promise<X402Header> {
  const parsed = parsePaymentHeader(await header(payer, seller, version));
  if (parsed === null) throw new Error('the SDK does not read its own header');
  return parsed;
}

/** The same by the SDK's other signer. `validBefore`: five minutes from now unless given. */
async function signedByAdapter(seller: Wallet, version: Version, validBefore?: number): Promise<X402Header> {
  const signed = await new EnvKeyAdapter(chain.buyer.privateKey).signEIP3009({
    to: seller.address,
    amountUsdc: Number(AMOUNT),
    network: 'base',
    ...(validBefore === undefined ? {} : { validBefore }),
  });
  const { signature, v: _v, r: _r, s: _s, ...authorization } = signed;
  return (version === 1 ? createX402V1Header : createX402V2Header)('base', { signature, authorization });
}

function requirements(seller: Wallet, x402Version: Version, amount = AMOUNT): PaymentRequirements {
  const resource = 'https://shop.example/report';
  return buildPaymentRequirements({ amount, recipient: seller.address, resource, chainName: 'base', x402Version });
}

const received = (seller: Wallet) => transfersTo(chain.anvil, chain.token('USDC').address, seller.address);

describe.each([1, 2] as const)('FacilitatorClient, version %i', (version) => {
  it('verifies and settles what X402Client signed', async () => {
    const seller = newWallet();
    const signed = await payment(chain.buyer, seller, version);
    const asked = requirements(seller, version);
    expect(await client.verify(signed, asked)).toMatchObject({ isValid: true, payer: chain.buyer.address });
    const settled = await client.settle(signed, asked);
    expect(settled).toMatchObject({ success: true, network: version === 1 ? 'base' : 'eip155:8453' });
    expect(settled.transactionHash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await received(seller)).toEqual([UNITS]);
  });

  it('verifies and settles in one go what EnvKeyAdapter signed', async () => {
    const seller = newWallet();
    const signed = await signedByAdapter(seller, version);
    const done = await client.verifyAndSettle(signed, requirements(seller, version));
    expect(done).toMatchObject({ verified: true, settled: true });
    expect(done.transactionHash).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await received(seller)).toEqual([UNITS]);
  });

  it('learns that the wallet is empty, and gets no hash', async () => {
    const [poor, seller] = [newWallet(), newWallet()];
    const signed = await payment(poor, seller, version);
    const asked = requirements(seller, version);
    const invalidReason = version === 1 ? 'insufficient_funds' : 'invalid_exact_evm_insufficient_balance';
    expect(await client.verify(signed, asked)).toMatchObject({ isValid: false, invalidReason, payer: poor.address });
    expect(await client.verifyAndSettle(signed, asked)).toMatchObject({
      verified: false,
      settled: false,
      error: invalidReason,
    });
    // It takes every answer with status 200 for a success; without a hash there is none.
    expect((await client.settle(signed, asked)).transactionHash).toBeUndefined();
    expect(await received(seller)).toEqual([]);
  });

  it('learns that the amount is another', async () => {
    const seller = newWallet();
    const signed = await payment(chain.buyer, seller, version);
    const invalidReason =
      version === 1
        ? 'invalid_exact_evm_payload_authorization_value'
        : 'invalid_exact_evm_payload_authorization_value_mismatch';
    expect(await client.verify(signed, requirements(seller, version, '0.02'))).toMatchObject({
      isValid: false,
      invalidReason,
    });
    expect((await client.settle(signed, requirements(seller, version, '0.02'))).transactionHash).toBeUndefined();
    expect(await received(seller)).toEqual([]);
  });

  it('learns that the time to pay is over', async () => {
    const seller = newWallet();
    const signed = await signedByAdapter(seller, version, Math.floor(Date.now() / 1000) - 1);
    const asked = requirements(seller, version);
    const invalidReason = 'invalid_exact_evm_payload_authorization_valid_before';
    expect(await client.verify(signed, asked)).toMatchObject({ isValid: false, invalidReason });
    expect((await client.settle(signed, asked)).transactionHash).toBeUndefined();
    expect(await received(seller)).toEqual([]);
  });

  it('learns that the payment was used', async () => {
    const seller = newWallet();
    const signed = await payment(chain.buyer, seller, version);
    const asked = requirements(seller, version);
    expect(await client.verifyAndSettle(signed, asked)).toMatchObject({ settled: true });
    expect(await client.verify(signed, asked)).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_exact_evm_nonce_already_used',
    });
    expect((await client.settle(signed, asked)).transactionHash).toBeUndefined();
    expect(await received(seller)).toEqual([UNITS]);
  });
});

describe('createHonoMiddleware', () => {
  async function open(seller: Wallet): Promise<string> {
    const asset = chain.token('USDC').address;
    const accepts = [{ network: 'base', asset, amount: `${UNITS}`, payTo: seller.address }];
    const shop = new Hono();
    // Its types are its own, narrower than hono's.
    const paid = createHonoMiddleware({ accepts, facilitatorUrl: facilitator.url }) as unknown as Parameters<
      typeof shop.use
    >[1];
    shop.use('/report', paid);
    shop.get('/report', (context) => context.json({ report: 'All is well.' }));
    const { url, close } = await listen(getRequestListener(shop.fetch));
    onTestFinished(() => close());
    return `${url}/report`;
  }

  it.each([1, 2] as const)('sells for a payment of version %i that is on chain', async (version) => {
    const seller = newWallet();
    const url = await open(seller);
    expect((await fetch(url)).status).toBe(402);
    const response = await fetch(url, { headers: { 'x-payment': await header(chain.buyer, seller, version) } });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ report: 'All is well.' });
    expect(await received(seller)).toEqual([UNITS]);
  });

  it('tells the buyer with an empty wallet so', async () => {
    const seller = newWallet();
    const response = await fetch(await open(seller), {
      headers: { 'x-payment': await header(newWallet(), seller, 1) },
    });
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ reason: 'insufficient_funds' });
    expect(await received(seller)).toEqual([]);
  });
});

describe('what else FacilitatorClient asks', () => {
  it('finds it healthy, versioned and serving Base', async () => {
    expect(await client.healthCheck()).toBe(true);
    expect((await client.getVersion()).version).toMatch(/^\d+\.\d+\.\d+/);
    const { kinds } = await client.getSupported();
    const extra = { batching: 'auto' };
    expect(kinds).toContainEqual({ x402Version: 1, scheme: 'exact', network: 'base', extra });
    expect(kinds).toContainEqual({ x402Version: 2, scheme: 'exact', network: 'eip155:8453', extra });
  });

  it('has requirements completed with the domain that buyers must sign under', async () => {
    const [enriched] = await client.accepts([requirements(chain.seller, 1)], 1);
    expect(enriched).toMatchObject({ network: 'base', extra: { name: 'USD Coin', version: '2' } });
  });
});
