/** Whose word counts on a token's EIP-712 domain: the registry's where it is verified, else the contract's. */
import { type AuthorizationPayload, paymentRequestV2, putToken, signAuthorization } from '@facilitator/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { get, post } from '../stage/ask.ts';
import { facilitatorFor } from '../stage/facilitator.ts';
import { domainOf, type NetworkChain, startNetworkChain } from '../stage/network-chain.ts';

type Domain = { readonly name: string; readonly version: string };

async function open(name: string): Promise<NetworkChain> {
  const chain = await startNetworkChain(name);
  onTestFinished(() => chain.stop());
  return chain;
}

async function serve(chain: NetworkChain): Promise<string> {
  const { url, close } = await facilitatorFor([chain]);
  onTestFinished(() => close());
  return url;
}

function sign(chain: NetworkChain, symbol: string, domain: Domain): Promise<AuthorizationPayload> {
  const { address } = chain.token(symbol);
  const { chainId } = chain.network;
  const { privateKey } = chain.buyer;
  return signAuthorization({
    privateKey,
    chainId,
    token: { address, ...domain },
    to: chain.seller.address,
    value: 700n,
  });
}

async function request(chain: NetworkChain, symbol: string, signedUnder: Domain, extra: Partial<Domain>) {
  const payload = await sign(chain, symbol, signedUnder);
  const asset = chain.token(symbol).address;
  return paymentRequestV2({
    network: chain.network.caip2,
    asset,
    payTo: chain.seller.address,
    amount: 700n,
    payload,
    extra,
  });
}

describe('a token whose domain nobody verified', () => {
  it('is paid under the domain that its contract has, whatever the registry expected', async () => {
    const chain = await open('avalanche');
    const token = chain.token('EURC');
    expect(token.domainVerified).toBe(false);
    const contract = { name: 'EURC', version: '2' };
    await putToken(chain.anvil, {
      kind: 'FiatToken',
      address: token.address,
      symbol: 'EURC',
      decimals: 6,
      ...contract,
    });
    const url = await serve(chain);

    for (const extra of [contract, {}]) {
      const settled = await post(`${url}/settle`, await request(chain, 'EURC', contract, extra));
      expect(settled.body).toMatchObject({ success: true });
    }
    expect(await chain.balance('EURC', chain.seller.address)).toBe(1_400n);

    const expected = domainOf(token);
    expect(expected.name).toBe('Euro Coin');
    const refused = await post(`${url}/settle`, await request(chain, 'EURC', expected, expected));
    expect(refused.body).toMatchObject({ success: false, errorReason: 'invalid_exact_evm_token_name_mismatch' });
    expect(refused.body['errorMessage']).toContain('"EURC"');
    const signature = await post(`${url}/verify`, await request(chain, 'EURC', expected, {}));
    expect(signature.body).toMatchObject({ isValid: false, invalidReason: 'invalid_exact_evm_signature' });
  });
});

describe('a token whose domain is verified', () => {
  it('is not the token meant when its contract disagrees: it is switched off alone, and visibly', async () => {
    const chain = await open('base');
    const token = chain.token('EURC');
    expect(token.domainVerified).toBe(true);
    const contract = { name: 'Some Coin', version: '2' };
    await putToken(chain.anvil, {
      kind: 'FiatToken',
      address: token.address,
      symbol: 'EURC',
      decimals: 6,
      ...contract,
    });
    const url = await serve(chain);

    for (const domain of [contract, domainOf(token)]) {
      const refused = await post(`${url}/settle`, await request(chain, 'EURC', domain, domain));
      expect(refused.body).toMatchObject({ success: false, errorReason: 'unsupported_asset', transaction: '' });
      expect(refused.body['errorMessage']).toContain('DOMAIN_SEPARATOR');
    }
    const usdc = domainOf(chain.token('USDC'));
    expect((await post(`${url}/settle`, await request(chain, 'USDC', usdc, usdc))).body).toMatchObject({
      success: true,
    });
    expect((await get(`${url}/ready`)).status).toBe(200);
  });
});
