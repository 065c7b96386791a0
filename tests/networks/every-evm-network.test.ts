/** Every EVM network of the registry is paid on: a chain with its id, its tokens, both spellings, through HTTP. */
import type { EvmToken } from '@facilitator/protocol';
import { paymentRequestV1, paymentRequestV2, signAuthorization } from '@facilitator/testing';
import { describe, expect, it } from 'vitest';
import { post } from '../stage/ask.ts';
import { facilitatorFor } from '../stage/facilitator.ts';
import { domainOf, evmNetworks, type NetworkChain, PURSE, startNetworkChain } from '../stage/network-chain.ts';
import { SELECTOR, sentTransaction } from '../stage/on-chain.ts';

const AMOUNT = { v1: 1_000n, v2: 250n };

/** Verifies and settles one payment under one spelling. Answers the transaction's hash. */
async function pay(chain: NetworkChain, url: string, token: EvmToken, version: 'v1' | 'v2'): Promise<unknown> {
  const { network, buyer, seller } = chain;
  const domain = domainOf(token);
  const amount = AMOUNT[version];
  const { address } = token;
  const payload = await signAuthorization({
    privateKey: buyer.privateKey,
    chainId: network.chainId,
    token: { address, ...domain },
    to: seller.address,
    value: amount,
  });
  const spelling = version === 'v1' ? network.name : network.caip2;
  const terms = { network: spelling, asset: address, payTo: seller.address, amount, payload, extra: domain };
  const body = version === 'v1' ? paymentRequestV1(terms) : paymentRequestV2(terms);
  const what = `${token.symbol} on ${spelling}`;

  const verified = await post(`${url}/verify`, body);
  expect(verified, what).toMatchObject({ status: 200, body: { isValid: true, payer: buyer.address } });
  const settled = await post(`${url}/settle`, body);
  expect(settled, what).toMatchObject({
    status: 200,
    body: { success: true, network: spelling, payer: buyer.address },
  });
  return settled.body['transaction'];
}

describe('every EVM network', () => {
  it('is all twenty-one of them', () => {
    expect(evmNetworks()).toHaveLength(21);
  });

  // Several at a time: each waits for its chain more than it works.
  it.concurrent.for(evmNetworks())('$name is paid on', async ({ name }, { onTestFinished }) => {
    const chain = await startNetworkChain(name);
    onTestFinished(() => chain.stop());
    const { network, anvil, buyer, seller, facilitator } = chain;
    const { url, close } = await facilitatorFor([chain]);
    onTestFinished(() => close());

    // Never so many at once that they share a transaction.
    for (const version of ['v1', 'v2'] as const) {
      const payments = network.tokens.map(async (token) => {
        const hash = await pay(chain, url, token, version);
        const [{ from, to, input, type, blockNumber }, head] = await Promise.all([
          sentTransaction(anvil, hash),
          anvil.rpc('eth_blockNumber'),
        ]);
        expect(from.toLowerCase()).toBe(facilitator.address.toLowerCase());
        expect(to.toLowerCase()).toBe(token.address.toLowerCase());
        // A key's signature goes by v, r, s: GLUE and PYUSD have nothing else.
        expect(input.slice(0, 10)).toBe(SELECTOR.vrs);
        // XDC alone has no base fee.
        expect(type).toBe(name === 'xdc' ? '0x0' : '0x2');
        const blocks = typeof network.confirmation === 'object' ? network.confirmation.blocks : 1;
        expect(Number(head) - Number(blockNumber) + 1).toBeGreaterThanOrEqual(blocks);
      });
      await Promise.all(payments);
    }
    for (const { symbol } of network.tokens) {
      expect(await chain.balance(symbol, seller.address), symbol).toBe(AMOUNT.v1 + AMOUNT.v2);
      expect(await chain.balance(symbol, buyer.address), symbol).toBe(PURSE - AMOUNT.v1 - AMOUNT.v2);
    }
  });
});
