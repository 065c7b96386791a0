/** More requests at once than the server takes: the rest is refused in a moment, and places become free again. */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { open, PAYER, requestV1, site } from './house.fixture.ts';

/** A server for two requests at once, whose engine answers when the test says so. */
async function crowded() {
  const waiting: (() => void)[] = [];
  let asked = Promise.withResolvers<void>();
  const here = site(
    {
      verify: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve({ id: 'a', answer: { status: 'valid', payer: PAYER } }));
          asked.resolve();
        }),
      networks: () => [open('eip155:8453')],
      ready: () => true,
      find: async () => [],
    },
    { maxConcurrentRequests: 2 },
  );
  const url = await here.app.listen({ host: '127.0.0.1', port: 0 });
  const ends: Promise<void>[] = [];
  here.app.server.on('connection', (socket) => {
    ends.push(new Promise((resolve) => socket.once('close', () => resolve())));
  });
  onTestFinished(() => here.app.close());
  return {
    ...here,
    url,
    /** Resolves when all connections that were made so far have ended, as the server sees them. */
    gone: () => Promise.all(ends),
    /** Sends one; resolves once the engine has it. */
    async begin(): Promise<ClientRequest> {
      const headers = { 'content-type': 'application/json', connection: 'close' };
      const outgoing = httpRequest(`${url}/verify`, { method: 'POST', headers });
      outgoing.on('error', () => undefined).end(JSON.stringify(requestV1()));
      const refused = once(outgoing, 'response').then(() => Promise.reject(new Error('it was not let in')));
      await Promise.race([asked.promise, refused]);
      asked = Promise.withResolvers();
      return outgoing;
    },
    /** Lets the engine answer everything it was asked. */
    release() {
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

async function answerOf(outgoing: ClientRequest): Promise<{ status: number | undefined; body: unknown }> {
  const [incoming]: IncomingMessage[] = await once(outgoing, 'response');
  if (incoming === undefined) throw new Error('no response');
  return { status: incoming.statusCode, body: await json(incoming) };
}

function post(url: string, path: string, headers: Record<string, string> = {}) {
  const body = JSON.stringify(requestV1());
  return fetch(`${url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}

describe('a full server', () => {
  it('refuses at once, in the form of the endpoint, and tells when to come again', async () => {
    const here = await crowded();
    const first = await here.begin();
    const answers = [answerOf(first), answerOf(await here.begin())];
    const told = await Promise.all(
      ['/verify', '/settle', '/pay', '/accepts'].map(async (path) => {
        const response = await post(here.url, path);
        expect(response.status).toBe(503);
        expect(response.headers.get('retry-after')).toBe('1');
        return response.json();
      }),
    );
    expect(told).toMatchObject([
      { isValid: false, invalidReason: 'unexpected_verify_error' },
      { success: false, errorReason: 'unexpected_settle_error', transaction: '' },
      { success: false, verify: { isValid: false }, settle: { success: false } },
      { error: expect.stringMatching(/^More requests are being worked on/) },
    ]);
    expect((await fetch(`${here.url}/settlements/0x12`)).status).toBe(503);
    expect(
      (await post(here.url, '/verify', { origin: 'https://a.example' })).headers.get('access-control-allow-origin'),
    ).toBe('*');
    here.release();
    for (const answer of answers) expect(await answer).toMatchObject({ status: 200, body: { isValid: true } });
  });

  it('still says that it lives', async () => {
    const here = await crowded();
    await here.begin();
    await here.begin();
    for (const path of ['/health', '/ready', '/metrics']) {
      expect((await fetch(`${here.url}${path}`)).status).toBe(200);
    }
    here.release();
  });

  it('takes the next as soon as one is answered', async () => {
    const here = await crowded();
    for (let round = 0; round < 5; round += 1) {
      const both = [answerOf(await here.begin()), answerOf(await here.begin())];
      expect((await post(here.url, '/verify')).status).toBe(503);
      here.release();
      for (const answer of both) expect((await answer).status).toBe(200);
    }
  });

  it('counts the work of callers that hung up until it is done', async () => {
    const here = await crowded();
    for (const outgoing of [await here.begin(), await here.begin()]) outgoing.destroy();
    await here.gone();
    expect((await post(here.url, '/verify')).status).toBe(503);
    here.release();
    const next = await here.begin();
    here.release();
    expect((await answerOf(next)).status).toBe(200);
  });

  it('forgets callers that hang up before their request is whole', async () => {
    const here = await crowded();
    for (let round = 0; round < 3; round += 1) {
      const headers = { 'content-type': 'application/json', 'content-length': '500' };
      const outgoing = httpRequest(`${here.url}/verify`, { method: 'POST', headers }).on('error', () => undefined);
      const arrived = once(here.app.server, 'request');
      outgoing.write('{');
      await arrived;
      outgoing.destroy();
      await here.gone();
    }
    const next = await here.begin();
    here.release();
    expect((await answerOf(next)).status).toBe(200);
  });
});
