/** x402-fetch buys from x402-express, version 1 of both, as published. The client of version 2 buys there too. */
import type { Running } from '@facilitator/app';
import { newWallet, type Wallet } from '@facilitator/testing';
import { registerExactEvmScheme } from '@x402/evm/exact/client';
import { wrapFetchWithPayment as wrapFetchV2, x402Client } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeXPaymentResponse, wrapFetchWithPayment } from 'x402-fetch';
import { facilitatorFor } from '../stage/facilitator.ts';
import { domainOf, type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';
import { sentTransaction } from '../stage/on-chain.ts';
import type { Listening } from './listen.ts';
import { openExpressShopV1, PRICE, REPORT, type ShopOptions } from './shops.ts';
import { type Header, wire } from './wire.ts';

let chain: NetworkChain;
let facilitator: Running;
let shop: Listening;
let work: ShopOptions['work'];
let before: bigint;
beforeAll(async () => {
  chain = await startNetworkChain('base-sepolia');
  facilitator = await facilitatorFor([chain]);
  const glue = chain.token('GLUE');
  shop = await openExpressShopV1({
    facilitatorUrl: facilitator.url,
    payTo: chain.seller.address,
    ware: { asset: glue.address, amount: 700n, domain: domainOf(glue) },
    work: () => work(),
  });
});
afterAll(async () => {
  await shop?.close();
  await facilitator?.close();
  await chain?.stop();
});
beforeEach(async () => {
  work = async () => undefined;
  before = await chain.balance('USDC', chain.seller.address);
});

const earned = async () => (await chain.balance('USDC', chain.seller.address)) - before;

/** A buyer with the published client. */
function buyer({ privateKey }: Wallet, bend?: (header: Header) => void) {
  const { fetch, sent } = wire('x-payment', bend);
  return { buy: wrapFetchWithPayment(fetch, privateKeyToAccount(privateKey)), sent };
}

describe('x402-express and x402-fetch', () => {
  it('sell for a payment that is on chain', async () => {
    const response = await buyer(chain.buyer).buy(`${shop.url}/report`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(REPORT);
    const told = decodeXPaymentResponse(response.headers.get('x-payment-response') ?? '');
    expect(told).toMatchObject({ success: true, network: 'base-sepolia', payer: chain.buyer.address });
    expect((await sentTransaction(chain.anvil, told.transaction)).blockNumber).not.toBeNull();
    expect(await earned()).toBe(PRICE);
  });

  it('sell for GLUE, which only takes v, r, s', async () => {
    const had = await chain.balance('GLUE', chain.seller.address);
    expect((await buyer(chain.buyer).buy(`${shop.url}/token`)).status).toBe(200);
    expect(await chain.balance('GLUE', chain.seller.address)).toBe(had + 700n);
  });

  it('sell to @x402/fetch, which speaks version 1 to those who ask for it', async () => {
    const client = registerExactEvmScheme(new x402Client(), { signer: privateKeyToAccount(chain.buyer.privateKey) });
    const response = await wrapFetchV2(fetch, client)(`${shop.url}/report`);
    expect(response.status).toBe(200);
    expect(await earned()).toBe(PRICE);
  });

  it('tell the buyer with an empty wallet so', async () => {
    const poor = newWallet();
    const response = await buyer(poor).buy(`${shop.url}/report`);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ error: 'insufficient_funds', payer: poor.address });
    expect(await earned()).toBe(0n);
  });

  it('tell the buyer who authorized another amount', async () => {
    const stingy = buyer(chain.buyer, ({ payload }) => {
      payload.authorization.value = `${PRICE - 1n}`;
    });
    const response = await stingy.buy(`${shop.url}/report`);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ error: 'invalid_exact_evm_payload_authorization_value' });
    expect(await earned()).toBe(0n);
  });

  it('tell the buyer whose authorization ends before it can be settled', async () => {
    const response = await buyer(chain.buyer).buy(`${shop.url}/hasty`);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ error: 'invalid_exact_evm_payload_authorization_valid_before' });
    expect(await earned()).toBe(0n);
  });

  it('tell the buyer who pays with a payment that was used', async () => {
    const twice = buyer(chain.buyer);
    expect((await twice.buy(`${shop.url}/report`)).status).toBe(200);
    const [header = ''] = twice.sent;
    const again = await fetch(`${shop.url}/report`, { headers: { 'x-payment': header } });
    expect(again.status).toBe(402);
    expect(await again.json()).toMatchObject({ error: 'invalid_exact_evm_nonce_already_used' });
    expect(await earned()).toBe(PRICE);
  });

  it('keep the goods from the buyer whose money left between verify and settle', async () => {
    const spender = newWallet();
    await chain.setBalance('USDC', spender.address, PRICE);
    work = () => chain.setBalance('USDC', spender.address, 0n);
    const response = await buyer(spender).buy(`${shop.url}/report`);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ error: 'insufficient_funds' });
    expect(await earned()).toBe(0n);
  });
});
