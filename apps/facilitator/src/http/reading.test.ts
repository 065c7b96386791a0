/** The endpoints that only show something. */
import type { PaymentRecord } from '@facilitator/engine';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../version.ts';
import { HASH, open, PAYEE, PAYER, SIGNER, site } from './house.fixture.ts';

describe('GET /supported', () => {
  it('names each network under both spellings, the extensions and the signers', async () => {
    const response = await site().app.inject({ url: '/supported' });
    const extra = { batching: 'auto' };
    expect(response.json()).toEqual({
      kinds: [
        { x402Version: 1, scheme: 'exact', network: 'base', extra },
        { x402Version: 2, scheme: 'exact', network: 'eip155:8453', extra },
        { x402Version: 1, scheme: 'exact', network: 'base-sepolia', extra },
        { x402Version: 2, scheme: 'exact', network: 'eip155:84532', extra },
      ],
      extensions: ['payment-identifier'],
      signers: { 'eip155:*': [SIGNER] },
    });
    expect(response.headers['cache-control']).toMatch(/max-age=\d+/);
  });

  it('is the same bytes whatever the networks do, and costs a 304 when known', async () => {
    const first = await site().app.inject({ url: '/supported' });
    const { app } = site({ networks: () => [{ ...open('eip155:8453'), status: 'unreachable', reason: 'away' }] });
    const second = await app.inject({ url: '/supported' });
    expect(second.body).toBe(first.body);
    const etag = String(first.headers['etag']);
    const third = await app.inject({ url: '/supported', headers: { 'if-none-match': `"x", W/${etag}` } });
    expect(third.statusCode).toBe(304);
    expect(third.body).toBe('');
    expect((await app.inject({ url: '/supported', headers: { 'if-none-match': '"x"' } })).statusCode).toBe(200);
  });
});

describe('GET /networks', () => {
  it('shows all 29 with their status and why they are not served', async () => {
    const { networks } = (await site().app.inject({ url: '/networks' })).json();
    expect(networks).toHaveLength(29);
    const named = (name: string) => networks.find((each: { name: string }) => each.name === name);
    expect(named('base-sepolia')).toMatchObject({
      network: 'eip155:84532',
      family: 'evm',
      testnet: true,
      status: 'open',
      reason: '',
      signers: [SIGNER],
      explorer: { transaction: expect.stringContaining('{hash}') },
    });
    expect(named('base-sepolia').tokens).toContainEqual(
      expect.objectContaining({ symbol: 'USDC', decimals: 6, eip712: { name: 'USDC', version: '2' } }),
    );
    expect(named('polygon')).toMatchObject({ status: 'unserved', reason: 'RPC_URL_POLYGON is not set.', signers: [] });
    expect(named('near')).toMatchObject({ status: 'unserved', family: 'near' });
  });
});

describe('GET /health, /ready, /version', () => {
  it('says healthy with what customers look for', async () => {
    const response = await site().app.inject({ url: '/health' });
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      status: 'healthy',
      version: VERSION,
      networks: [
        { network: 'eip155:8453', status: 'open' },
        { network: 'eip155:84532', status: 'open' },
      ],
      providers: [
        { network: 'base', address: SIGNER },
        { network: 'base-sepolia', address: SIGNER },
      ],
    });
    expect(response.json().kinds).toContainEqual({ x402Version: 1, scheme: 'exact', network: 'base' });
  });

  it('is ready when the engine is, and names networks that are not open', async () => {
    const networks = () => [
      open('eip155:8453'),
      { ...open('eip155:84532'), status: 'closed' as const, reason: 'The chain id is 1.' },
    ];
    const ready = await site({ networks, ready: () => true }).app.inject({ url: '/ready' });
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toMatchObject({
      ready: true,
      notServed: [{ name: 'base-sepolia', reason: 'The chain id is 1.' }],
    });
    const unready = await site({ networks, ready: () => false }).app.inject({ url: '/ready' });
    expect(unready.statusCode).toBe(503);
    expect(unready.headers['retry-after']).toBeDefined();
  });

  it('tells its version', async () => {
    expect((await site().app.inject({ url: '/version' })).json()).toEqual({ version: VERSION });
  });
});

describe('GET /settlements/{id}', () => {
  const record: PaymentRecord = {
    id: 'eip155:84532/anchor',
    network: 'eip155:84532',
    asset: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
    payer: PAYER,
    payTo: PAYEE,
    amount: 25_000n,
    expires: 1_764_003_600n,
    fingerprint: 'print',
    state: 'settled',
    authorization: 'the bearer instrument',
    key: 'key:private',
    transaction: HASH,
    locator: { logIndex: 3, authorizationNonce: '0x42', batchSize: 1 },
    reason: undefined,
    message: undefined,
    delivered: true,
    claimedAt: 1_764_000_000n,
    concludedAt: 1_764_000_002n,
  };
  const known = new Map([
    [record.id, [record]],
    [HASH, [record]],
  ]);
  const here = () => site({ find: async (id) => known.get(id) ?? [] });

  it.each([[encodeURIComponent(record.id)], [HASH], [HASH.toUpperCase().replace('0X', '0x')]])(
    'finds it by %s',
    async (id) => {
      const response = await here().app.inject({ url: `/settlements/${id}` });
      expect(response.json()).toMatchObject({
        settlements: [
          {
            id: record.id,
            state: 'settled',
            networkName: 'base-sepolia',
            amount: '25000',
            transaction: HASH,
            transactionPage: `https://sepolia.basescan.org/tx/${HASH}`,
            locator: { logIndex: 3 },
            claimedAt: 1_764_000_000,
          },
        ],
      });
      expect(response.body).not.toMatch(/bearer|private|print/);
    },
  );

  it('answers 404 to what it does not know', async () => {
    const response = await here().app.inject({ url: '/settlements/0x00' });
    expect(response.statusCode).toBe(404);
    expect(response.json().error).toMatch(/No payment/);
  });
});

describe('paths and methods', () => {
  it.each([
    ['/verfy', 'Did you mean /verify?'],
    ['/Settle/', 'Did you mean /settle?'],
    ['/blacklist', 'There is /,'],
    [`/${'x'.repeat(3_000)}`, 'There is /,'],
  ])('answers 404 to %s with paths that exist', async (url, says) => {
    const response = await site().app.inject({ url });
    expect(response.statusCode).toBe(404);
    expect(response.json().error).toContain(says);
  });

  it.each([
    ['POST', '/supported', 'GET, HEAD'],
    ['DELETE', '/settle', 'GET, POST, HEAD'],
    ['PUT', '/verify', 'GET, POST, HEAD'],
    ['PATCH', '/settlements/x', 'GET, HEAD'],
  ] as const)('answers 405 to %s %s', async (method, url, allow) => {
    const response = await site().app.inject({ method, url, payload: 'not parsed' });
    expect(response.statusCode).toBe(405);
    expect(response.headers['allow']).toBe(allow);
    expect(response.json().error).toContain(url.split('/x')[0]);
  });

  it('takes a slash at the end and a query', async () => {
    const { app } = site();
    expect((await app.inject({ url: '/supported/' })).statusCode).toBe(200);
    expect((await app.inject({ url: '/supported?x=1' })).statusCode).toBe(200);
  });

  it('answers browsers as text and programs as JSON', async () => {
    const { app } = site();
    const page = await app.inject({ url: '/', headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
    expect(page.headers['content-type']).toMatch(/^text\/plain/);
    expect(page.body).toContain('POST /settle');
    for (const accept of ['application/json', '*/*']) {
      expect((await app.inject({ url: '/', headers: { accept } })).json()).toMatchObject({ version: VERSION });
    }
  });

  it('lets pages of any origin call, with any header', async () => {
    const headers = {
      origin: 'https://shop.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,idempotency-key,x-own',
    };
    const preflight = await site().app.inject({ method: 'OPTIONS', url: '/settle', headers });
    expect(preflight.statusCode).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type,idempotency-key,x-own',
    });
    const answer = await site().app.inject({ url: '/version', headers });
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });

  it('keeps other origins out when told to', async () => {
    const { app } = site({}, { corsOrigins: ['https://shop.example'] });
    const ask = (origin: string) => app.inject({ url: '/version', headers: { origin } });
    expect((await ask('https://shop.example')).headers['access-control-allow-origin']).toBe('https://shop.example');
    expect((await ask('https://other.example')).headers['access-control-allow-origin']).toBeUndefined();
  });
});
