/** @x402/fetch buys from @x402/express and @x402/hono, all as published. */
import type { Running } from '@facilitator/app';
import { newWallet, type Wallet } from '@facilitator/testing';
import { HTTPFacilitatorClient } from '@x402/core/server';
import { registerExactEvmScheme } from '@x402/evm/exact/client';
import { decodePaymentResponseHeader, wrapFetchWithPayment, x402Client, x402HTTPClient } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { facilitatorFor } from '../stage/facilitator.ts';
import { domainOf, type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';
import { sentTransaction } from '../stage/on-chain.ts';
import type { Listening } from './listen.ts';
import { openExpressShop, openHonoShop, PRICE, REPORT, type ShopOptions } from './shops.ts';
import { type Header, wire } from './wire.ts';

let chain: NetworkChain;
let facilitator: Running;
beforeAll(async () => {
  chain = await startNetworkChain('base-sepolia');
  facilitator = await facilitatorFor([chain]);
});
afterAll(async () => {
  await facilitator?.close();
  await chain?.stop();
});

/** A buyer with the published client. */
function buyer({ privateKey }: Wallet, bend?: (header: Header) => void) {
  const { fetch, sent } = wire('payment-signature', bend);
  const client = registerExactEvmScheme(new x402Client(), { signer: privateKeyToAccount(privateKey) });
  client.setSpendControls({ maxAmountPerPayment: '$1', allowedAssets: true });
  const http = new x402HTTPClient(client);
  return {
    buy: wrapFetchWithPayment(fetch, client),
    sent,
    /** What the client reads as the reason for which the shop asks again. */
    async reason(response: Response): Promise<string | undefined> {
      return http.getPaymentRequiredResponse((name) => response.headers.get(name), await response.json()).error;
    },
  };
}

function settlement(response: Response) {
  return decodePaymentResponseHeader(response.headers.get('payment-response') ?? '');
}

describe.each([
  ['@x402/express', openExpressShop],
  ['@x402/hono', openHonoShop],
] as const)('%s and @x402/fetch', (_, openShop) => {
  let shop: Listening;
  let work: ShopOptions['work'];
  let before: bigint;
  beforeAll(async () => {
    const glue = chain.token('GLUE');
    shop = await openShop({
      facilitator: new HTTPFacilitatorClient({ url: facilitator.url }),
      payTo: chain.seller.address,
      ware: { asset: glue.address, amount: 700n, domain: domainOf(glue) },
      work: () => work(),
    });
  });
  afterAll(() => shop?.close());
  beforeEach(async () => {
    work = async () => undefined;
    before = await chain.balance('USDC', chain.seller.address);
  });
  const earned = async () => (await chain.balance('USDC', chain.seller.address)) - before;

  it('sell for a payment that is on chain', async () => {
    const response = await buyer(chain.buyer).buy(`${shop.url}/report`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(REPORT);
    const told = settlement(response);
    expect(told).toMatchObject({ success: true, network: 'eip155:84532', payer: chain.buyer.address });
    expect((await sentTransaction(chain.anvil, told.transaction)).blockNumber).not.toBeNull();
    expect(await earned()).toBe(PRICE);
  });

  it('sell for GLUE, which only takes v, r, s', async () => {
    const had = await chain.balance('GLUE', chain.seller.address);
    const response = await buyer(chain.buyer).buy(`${shop.url}/token`);
    expect(response.status).toBe(200);
    expect(settlement(response)).toMatchObject({ success: true });
    expect(await chain.balance('GLUE', chain.seller.address)).toBe(had + 700n);
  });

  it('tell the buyer with an empty wallet so', async () => {
    const poor = buyer(newWallet());
    const response = await poor.buy(`${shop.url}/report`);
    expect(response.status).toBe(402);
    expect(await poor.reason(response)).toBe('invalid_exact_evm_insufficient_balance');
    expect(await earned()).toBe(0n);
  });

  it('tell the buyer who authorized another amount', async () => {
    const stingy = buyer(chain.buyer, ({ payload }) => {
      payload.authorization.value = `${PRICE - 1n}`;
    });
    const response = await stingy.buy(`${shop.url}/report`);
    expect(response.status).toBe(402);
    expect(await stingy.reason(response)).toBe('invalid_exact_evm_payload_authorization_value_mismatch');
    expect(await earned()).toBe(0n);
  });

  it('tell the buyer whose authorization ends before it can be settled', async () => {
    const late = buyer(chain.buyer);
    const response = await late.buy(`${shop.url}/hasty`);
    expect(response.status).toBe(402);
    expect(await late.reason(response)).toBe('invalid_exact_evm_payload_authorization_valid_before');
    expect(await earned()).toBe(0n);
  });

  it('tell the buyer who pays with a payment that was used', async () => {
    const twice = buyer(chain.buyer);
    expect((await twice.buy(`${shop.url}/report`)).status).toBe(200);
    const [header = ''] = twice.sent;
    const again = await fetch(`${shop.url}/report`, { headers: { 'payment-signature': header } });
    expect(again.status).toBe(402);
    expect(await twice.reason(again)).toBe('invalid_exact_evm_nonce_already_used');
    expect(await earned()).toBe(PRICE);
  });

  it('keep the goods from the buyer whose money left between verify and settle', async () => {
    const spender = newWallet();
    await chain.setBalance('USDC', spender.address, PRICE);
    work = () => chain.setBalance('USDC', spender.address, 0n);
    const response = await buyer(spender).buy(`${shop.url}/report`);
    expect(response.status).toBe(402);
    expect(await response.json()).not.toEqual(REPORT);
    expect(settlement(response)).toMatchObject({
      success: false,
      errorReason: 'invalid_exact_evm_insufficient_balance',
      transaction: '',
      payer: spender.address,
    });
    expect(await earned()).toBe(0n);
  });
});
