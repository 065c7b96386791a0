/** Too many requests from one client: who counts as one, and what it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FastifyInstance } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PAYER, requestV1, requestV2, type Site, site } from './house.fixture.ts';

const engine = { verify: async () => ({ id: 'a', answer: { status: 'valid', payer: PAYER } }) as const };
const limited = (options: Partial<Site['house']['options']> = {}) =>
  site(engine, { rateLimitPerMinute: 3, ...options });

type From = { readonly remoteAddress?: string; readonly forwarded?: string };

async function post(app: FastifyInstance, { remoteAddress, forwarded }: From = {}, url = '/verify') {
  return app.inject({
    method: 'POST',
    url,
    payload: requestV1(),
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    ...(remoteAddress === undefined ? {} : { remoteAddress }),
  });
}

/** The statuses of one request each. */
async function statuses(app: FastifyInstance, clients: readonly From[]) {
  const seen: number[] = [];
  for (const client of clients) seen.push((await post(app, client)).statusCode);
  return seen;
}

describe('the limit', () => {
  it('does not exist unless it is set', async () => {
    const { app } = site(engine);
    expect(new Set(await statuses(app, Array(200).fill({})))).toEqual(new Set([200]));
  });

  it('counts what is above it for all paths together, and lets others be', async () => {
    const { app } = limited();
    expect(await statuses(app, [{}, {}])).toEqual([200, 200]);
    expect((await post(app, {}, '/accepts')).statusCode).toBe(400);
    for (const url of ['/verify', '/settle', '/pay', '/accepts']) {
      expect((await post(app, {}, url)).statusCode).toBe(429);
    }
    expect((await post(app, { remoteAddress: '203.0.113.9' })).statusCode).toBe(200);
    for (const url of ['/verify', '/supported', '/health', '/ready', '/metrics']) {
      expect((await app.inject({ url })).statusCode).not.toBe(429);
    }
  });

  it('says when to come again, in the form of the endpoint', async () => {
    const { app, lines } = limited();
    await statuses(app, [{}, {}, {}]);
    const [verify, settle, pay, accepts] = await Promise.all(
      ['/verify', '/settle', '/pay', '/accepts'].map((url) => post(app, {}, url)),
    );
    for (const answer of [verify, settle, pay, accepts]) {
      expect(answer?.statusCode).toBe(429);
      expect(Number(answer?.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(answer?.headers['retry-after'])).toBeLessThanOrEqual(60);
      expect(answer?.json()).toMatchObject({ error: expect.stringMatching(/^These are more than 3 requests/) });
    }
    expect(verify?.json()).toMatchObject({ isValid: false, invalidReason: 'unexpected_verify_error' });
    expect(settle?.json()).toMatchObject({
      success: false,
      errorReason: 'unexpected_settle_error',
      transaction: '',
    });
    expect(pay?.json()).toMatchObject({ success: false, verify: { isValid: false }, settle: { success: false } });
    expect(lines().filter(({ status, level }) => status === 429 && level !== 'debug')).toEqual([]);
  });

  it('can be read by web pages', async () => {
    const { app } = limited();
    await statuses(app, [{}, {}, {}]);
    const { statusCode, headers } = await app.inject({
      method: 'POST',
      url: '/verify',
      payload: requestV2(),
      headers: { origin: 'https://shop.example' },
    });
    expect(statusCode).toBe(429);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-expose-headers']).toContain('Retry-After');
  });

  it('refuses before it reads the body', async () => {
    const { app } = limited();
    await statuses(app, [{}, {}, {}]);
    expect((await app.inject({ method: 'POST', url: '/verify', payload: '{"broken' })).statusCode).toBe(429);
  });
});

describe('who is one client', () => {
  const spoofs = Array.from({ length: 4 }, (_, index) => `198.51.100.${index}`);

  it('is the peer, whatever it claims', async () => {
    const { app } = limited();
    expect(
      await statuses(
        app,
        spoofs.map((forwarded) => ({ forwarded })),
      ),
    ).toEqual([200, 200, 200, 429]);
  });

  it('is what the last trusted proxy saw, whatever the client wrote before', async () => {
    const { app } = limited({ trustProxyHops: 1 });
    const forwarded = spoofs.map((claimed) => ({ forwarded: `${claimed}, 203.0.113.7` }));
    expect(await statuses(app, forwarded)).toEqual([200, 200, 200, 429]);
    expect(await statuses(app, [{ forwarded: '203.0.113.7' }, { forwarded: '203.0.113.8' }])).toEqual([429, 200]);
  });

  it('is found behind two proxies', async () => {
    const { app } = limited({ trustProxyHops: 2 });
    const forwarded = spoofs.map((claimed, index) => ({ forwarded: `${claimed}, 203.0.113.7, 10.0.0.${index}` }));
    expect(await statuses(app, forwarded)).toEqual([200, 200, 200, 429]);
  });

  it('is the peer when a trusted proxy wrote nothing', async () => {
    const { app } = limited({ trustProxyHops: 1 });
    expect(await statuses(app, [{}, {}, {}, {}, { remoteAddress: '203.0.113.9' }])).toEqual([200, 200, 200, 429, 200]);
  });

  it.each([
    ['an IPv4 address in IPv6 clothes', ['203.0.113.7', '::ffff:203.0.113.7', '203.0.113.7:4711', '203.0.113.7:99']],
    ['a /64 of IPv6', ['2001:db8:1:2::1', '2001:DB8:1:2:ffff::9', '[2001:db8:1:2::3]:443', '[2001:db8:1:2::4]']],
    ['anything else by its text', ['unknown', 'unknown', 'unknown', 'unknown']],
  ])('is %s', async (_what, addresses) => {
    const { app } = limited({ trustProxyHops: 1 });
    expect(
      await statuses(
        app,
        addresses.map((forwarded) => ({ forwarded })),
      ),
    ).toEqual([200, 200, 200, 429]);
    expect(await statuses(app, [{ forwarded: '2001:db8:1:3::1' }])).toEqual([200]);
  });

  it('is everybody whose peer has no address', async () => {
    const { app } = limited();
    const folder = mkdtempSync(join(tmpdir(), 'facilitator-socket-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const socketPath = join(folder, 'http');
    await app.listen({ path: socketPath });
    onTestFinished(() => app.close());
    const seen: number[] = [];
    for (let count = 0; count < 4; count += 1) seen.push((await overSocket(socketPath)).status);
    expect(seen).toEqual([200, 200, 200, 429]);
  });
});

function overSocket(socketPath: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const outgoing = httpRequest({ socketPath, path: '/verify', method: 'POST', headers }, (incoming) => {
      text(incoming).then((body) => resolve({ status: incoming.statusCode ?? 0, body }), reject);
    });
    outgoing.once('error', reject).end(JSON.stringify(requestV1()));
  });
}
