/** What arrives when callers are wrong: each fault gets its own words, and the server stays up. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestV1, requestV2, SIGNATURE, type Site, site } from './house.fixture.ts';

let here: Site;
let url: string;

beforeAll(async () => {
  here = site({ find: async () => [] });
  url = await here.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => here.app.close());

type Answer = { readonly error: string; readonly issues: readonly unknown[] };
const read = async (response: Response) => (await response.json()) as Answer;
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const without = (key: string) => {
  const { [key]: _, ...requirements } = requestV1().paymentRequirements as Record<string, unknown>;
  return JSON.stringify(requestV1({ paymentRequirements: requirements }));
};

const FAULTS: readonly [what: string, body: string | undefined, type: string | undefined, says: RegExp][] = [
  ['empty body', '', 'application/json', /body is empty/],
  ['no body', undefined, undefined, /body is empty/],
  ['blanks', '  \n ', 'application/json', /body is empty/],
  ['broken JSON', '{"x402Version":1,', 'application/json', /not valid JSON/],
  ['broken JSON with a place', '{"a":1 "b"}', 'application/json', /goes wrong at character 7/],
  ['emoji', '🦊'.repeat(1_000), 'application/json', /not valid JSON/],
  ['emoji in JSON', JSON.stringify('🦊'.repeat(1_000)), 'application/json', /body must be a JSON object/],
  ['lone surrogates', '{"x402Version":"\\ud83e"}', 'application/json', /x402Version must be/],
  ['an array', '[]', 'application/json', /body must be a JSON object/],
  ['null', 'null', 'application/json', /body must be a JSON object/],
  ['a number', '7', 'application/json', /body must be a JSON object/],
  ['a form', 'a=b', 'application/x-www-form-urlencoded', /content-type "application\/x-www-form-urlencoded"/],
  ['plain text', JSON.stringify(requestV1()), 'text/plain', /send JSON with the header content-type/],
  ['deep arrays', nested(100), 'application/json', /nest deeper than 32/],
  ['very deep arrays', nested(30_000), 'application/json', /nest deeper than 32/],
  ['deep extra', JSON.stringify({ ...requestV2(), a: JSON.parse(nested(50)) }), 'application/json', /nest deeper/],
  ['an empty object', '{}', 'application/json', /paymentPayload is missing/],
  ['version 3', JSON.stringify({ ...requestV2(), x402Version: 3 }), 'application/json', /x402Version must be/],
  ['two versions', JSON.stringify({ ...requestV1(), x402Version: 2 }), 'application/json', /same version in both/],
  ['wrong types', JSON.stringify(requestV1({ paymentPayload: 'x' })), 'application/json', /paymentPayload must be/],
  ['no payTo', without('payTo'), 'application/json', /paymentRequirements\.payTo is missing/],
  ['no price', without('maxAmountRequired'), 'application/json', /paymentRequirements\.maxAmountRequired is missing/],
  ['prototype keys', '{"__proto__":{"x402Version":1}}', 'application/json', /paymentPayload is missing/],
];

describe.each(['/verify', '/settle', '/pay'])('POST %s', (path) => {
  it.each(FAULTS)('answers 400 to %s', async (_what, body, type, says) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      headers: type === undefined ? {} : { 'content-type': type },
    });
    const answer = await read(response);
    expect(response.status).toBe(400);
    expect(answer.error).toMatch(says);
    expect(answer.issues.length).toBeGreaterThan(0);
    if (path === '/verify') expect(answer).toMatchObject({ isValid: false, invalidReason: expect.any(String) });
    if (path === '/settle')
      expect(answer).toMatchObject({ success: false, transaction: '', errorReason: expect.any(String) });
    if (path === '/pay')
      expect(answer).toMatchObject({ success: false, verify: { isValid: false }, settle: { success: false } });
  });

  it('answers 413 to a body over the limit', async () => {
    const response = await post(path, JSON.stringify({ junk: 'x'.repeat(1_000_000) }));
    const answer = await read(response);
    expect(response.status).toBe(413);
    expect(answer.error).toMatch(/65536 bytes/);
  });

  it('takes a body of exactly the limit', async () => {
    const frame = JSON.stringify({ junk: '' }).length;
    const response = await post(path, JSON.stringify({ junk: 'x'.repeat(65_536 - frame) }));
    expect(response.status).toBe(400);
  });
});

function post(path: string, body: string) {
  return fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
}

describe('faults beyond the body', () => {
  it('keeps the reason for an unknown version apart from other faults', async () => {
    const response = await post('/verify', JSON.stringify({ ...requestV2(), x402Version: 3 }));
    expect(await read(response)).toMatchObject({ invalidReason: 'invalid_x402_version' });
  });

  it('names the network of the caller in a settle fault', async () => {
    const response = await post('/settle', without('payTo'));
    expect(await read(response)).toMatchObject({
      network: 'base-sepolia',
      isValid: false,
      error_reason: 'invalid_payload',
    });
  });

  it('names former fields', async () => {
    const { payTo, ...rest } = requestV1().paymentRequirements as Record<string, unknown>;
    const response = await post(
      '/verify',
      JSON.stringify(requestV1({ paymentRequirements: { ...rest, recipient: payTo } })),
    );
    expect((await read(response)).error).toMatch(/recipient/);
  });

  it.each(['{"broken', 'x'.repeat(200_000)])('answers 404 to a wrong path whatever its body', async (body) => {
    const response = await post('/verfy', body);
    expect(response.status).toBe(404);
    expect((await read(response)).error).toContain('Did you mean /verify?');
  });

  it.each([
    ['/setle', 'Did you mean /settle?'],
    ['/Verify', 'Did you mean /verify?'],
    ['/settle/now', 'Did you mean /settle?'],
    ['/settlement/0xabc', 'Did you mean /settlements/{id}?'],
    ['/settlements', 'Did you mean /settlements/{id}?'],
    ['/nope', 'There is /, /verify,'],
    ['/v1', 'There is /, /verify,'],
    [`/${'x'.repeat(5_000)}`, 'There is /, /verify,'],
  ])('suggests what is near to %s, else lists what there is', async (path, hint) => {
    const response = await fetch(`${url}${path}`);
    expect(response.status).toBe(404);
    expect(await read(response)).toEqual({ error: expect.stringContaining(hint), requestId: expect.any(String) });
  });

  it('answers 405 with a request id', async () => {
    const response = await fetch(`${url}/settle`, { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST, HEAD');
    expect(await read(response)).toMatchObject({
      error: expect.stringContaining('DELETE'),
      requestId: expect.any(String),
    });
  });

  it.each([
    ['unknown', `0x${'ab'.repeat(32)}`, 404],
    ['odd', encodeURIComponent("🦊 '; drop table payments; --"), 404],
    ['with a slash', 'a%2Fb', 404],
    ['with a zero byte', 'a%00b', 404],
    ['half a surrogate', '%ED%A0%80', 400],
    ['not decodable', '%E0%A4%A', 400],
    ['long', 'x'.repeat(450), 404],
    ['far too long', 'x'.repeat(5_000), 414],
  ])('answers an id that is %s', async (_what, id, status) => {
    const response = await fetch(`${url}/settlements/${id}`);
    expect(response.status).toBe(status);
    expect(await read(response)).toEqual({ error: expect.any(String), requestId: expect.any(String) });
  });

  it('answers 431 to huge headers', async () => {
    const response = await fetch(`${url}/verify`, { headers: { 'payment-signature': 'x'.repeat(40_000) } });
    expect(response.status).toBe(431);
  });

  it('answers 400 to bytes that are not HTTP', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('\u0000\u0001 not http\r\n\r\n');
    const [data] = await once(socket, 'data');
    expect(String(data)).toMatch(/^HTTP\/1\.1 400/);
  });

  it('answers 400 to a body that is not UTF-8', async () => {
    const response = await fetch(`${url}/settle`, {
      method: 'POST',
      body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(400);
  });

  it('refuses an idempotency key of the wrong form', async () => {
    const response = await fetch(`${url}/settle`, {
      method: 'POST',
      body: JSON.stringify(requestV1()),
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k'.repeat(256) },
    });
    expect(response.status).toBe(400);
    expect((await read(response)).error).toMatch(/^Idempotency-Key must be/);
  });

  it('stays up and has logged no part of any body', async () => {
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(here.logged()).not.toMatch(/🦊|junk|xxxx/);
    expect(here.logged()).not.toContain(SIGNATURE);
    expect(here.lines().filter((line) => line['level'] === 'error')).toEqual([]);
  });
});
