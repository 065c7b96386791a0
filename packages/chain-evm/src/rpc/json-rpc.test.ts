import { afterEach, describe, expect, it } from 'vitest';
import { realClock } from '../../tests/clock.ts';
import { type JsonRpcOptions, jsonRpc } from './json-rpc.ts';
import type { Rpc } from './rpc.ts';
import { answering, type Reply, type Request, type Script, type Scripted, startScripted } from './scripted.fixture.ts';

const open: (Scripted | Rpc)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await ('ask' in each ? each.close() : each.stop());
});

/** An endpoint that answers request by request as `script` says. */
async function endpoint(script: Script, options: Partial<JsonRpcOptions> & { readonly path?: string } = {}) {
  const server = await startScripted(script);
  const { path = '', ...rest } = options;
  const rpc = jsonRpc({ url: `${server.url}${path}`, clock: realClock, random: () => 0, ...rest });
  open.push(rpc, server);
  return { rpc, ...server };
}

const call = (method: string) => ({ method, params: [] });
const answers = (calls: readonly Request[]) => calls.map(({ id, method }) => ({ jsonrpc: '2.0', id, result: method }));
const ok = answering();

describe('asking', () => {
  it('sends one call as it is and several as a batch, and puts answers in order', async () => {
    const { rpc, seen } = await endpoint((calls, _, batch) => ({
      body: batch ? answers(calls).reverse() : answers(calls)[0],
    }));
    expect(await rpc.ask([call('a')])).toEqual([{ status: 'result', result: 'a' }]);
    expect(await rpc.ask(['a', 'b', 'c'].map(call))).toMatchObject([{ result: 'a' }, { result: 'b' }, { result: 'c' }]);
    expect(seen.map(({ batch }) => batch)).toEqual([false, true]);
  });

  it('splits what is too much for one request', async () => {
    const { rpc, seen } = await endpoint(ok, { maxBatch: 2 });
    const methods = ['a', 'b', 'c', 'd', 'e'];
    expect(await rpc.ask(methods.map(call))).toMatchObject(methods.map((result) => ({ result })));
    expect(seen.map(({ methods: each }) => each.length).sort()).toEqual([1, 2, 2]);
  });

  it('goes one by one, now and later, where batches are refused', async () => {
    const refusal = { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'batch requests are not allowed' } };
    const { rpc, seen } = await endpoint((calls, number, batch) =>
      batch ? { body: refusal } : ok(calls, number, batch),
    );
    expect(await rpc.ask(['a', 'b'].map(call))).toMatchObject([{ result: 'a' }, { result: 'b' }]);
    expect(await rpc.ask(['c', 'd'].map(call))).toMatchObject([{ result: 'c' }, { result: 'd' }]);
    expect(seen.filter(({ batch }) => batch)).toHaveLength(1);
  });

  it.each(['<html>', '{"jsonrpc":', '"hello"', '{}'])(
    'asks as before after a batch was answered by %s',
    async (body) => {
      const { rpc, seen } = await endpoint((calls, number, batch) =>
        number === 1 ? { body } : ok(calls, number, batch),
      );
      for (let round = 0; round < 2; round += 1) {
        expect(await rpc.ask(['a', 'b'].map(call))).toMatchObject([{ result: 'a' }, { result: 'b' }]);
      }
      expect(seen.map(({ batch }) => batch)).toEqual([true, true, true]);
    },
  );

  it('tries a batch again, long after one was refused', async () => {
    const { rpc, seen } = await endpoint((calls, number, batch) =>
      number === 1 ? { status: 413, body: '' } : ok(calls, number, batch),
    );
    for (let round = 0; round <= 1_001; round += 1) await rpc.ask(['a', 'b'].map(call));
    expect(seen.filter(({ batch }) => batch).length).toBeGreaterThan(1);
    expect(seen.filter(({ batch }) => batch).length).toBeLessThan(5);
  });

  it('tells an error with its data', async () => {
    const error = { code: 3, message: 'execution reverted', data: '0x08c379a0' };
    const { rpc } = await endpoint(([{ id } = { id: 0 }]) => ({ body: { jsonrpc: '2.0', id, error } }));
    expect(await rpc.ask([call('eth_call')])).toEqual([{ status: 'error', ...error }]);
  });

  it('asks again for what changes nothing, and only for what was not answered', async () => {
    const busy = { code: -32005, message: 'limit exceeded' };
    const { rpc, seen } = await endpoint((calls, number, batch) => {
      if (number > 1) return ok(calls, number, batch);
      return {
        body: answers(calls).map((each, index) => (index === 1 ? { ...each, result: undefined, error: busy } : each)),
      };
    });
    expect(await rpc.ask(['a', 'b', 'c'].map(call))).toMatchObject([{ result: 'a' }, { result: 'b' }, { result: 'c' }]);
    expect(seen.map(({ methods }) => methods)).toEqual([['a', 'b', 'c'], ['b']]);
  });

  it.each<[string, Reply]>([
    ['HTTP 429', { status: 429, body: 'slow down' }],
    ['HTTP 503', { status: 503, body: '' }],
    ['a broken connection', 'break'],
  ])('asks again after %s', async (_, first) => {
    const { rpc, seen } = await endpoint((calls, number, batch) => (number === 1 ? first : ok(calls, number, batch)));
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
    expect(seen).toHaveLength(2);
  });

  it('never hands a transaction over twice', async () => {
    const { rpc, seen } = await endpoint(() => ({ status: 503, body: '' }));
    expect(await rpc.ask([call('eth_sendRawTransaction')])).toMatchObject([
      { status: 'silent', reached: true, detail: 'the RPC is busy (HTTP 503)' },
    ]);
    expect(seen).toHaveLength(1);
  });

  it('ends at the deadline', async () => {
    const { rpc } = await endpoint(() => 'hang', { timeoutMs: 50 });
    expect(await rpc.ask([call('a')])).toMatchObject([
      { status: 'silent', reached: true, detail: 'the RPC did not answer in time' },
    ]);
  });

  it.each<[string, Reply]>([
    ['no JSON', { body: '<html>' }],
    ['an answer to something else', { body: { jsonrpc: '2.0', id: 77, result: 'a' } }],
    ['another JSON', { body: '"hello"' }],
    ['nothing', { body: '' }],
    ['HTTP 404', { status: 404, body: 'not found' }],
    ['too much', { body: JSON.stringify({ jsonrpc: '2.0', id: 0, result: 'x'.repeat(3_000) }) }],
  ])('is answered by silence when the endpoint sends %s', async (_, reply) => {
    const { rpc } = await endpoint(() => reply, { maxResponseBytes: 2_000, retries: 0 });
    expect(await rpc.ask([call('a')])).toMatchObject([{ status: 'silent', reached: true }]);
    expect(await rpc.ask(['a', 'b'].map(call))).toMatchObject([{ status: 'silent' }, { status: 'silent' }]);
  });

  it('knows when nobody can have heard it', async () => {
    const rpc = jsonRpc({ url: 'http://127.0.0.1:1/', clock: realClock, retries: 0 });
    open.push(rpc);
    expect(await rpc.ask([call('a')])).toMatchObject([{ status: 'silent', reached: false }]);
  });
});

describe('secrets', () => {
  it('never come back in what is shown', async () => {
    const path = 'v2/Kx7-very-secret-key?token=another-secret';
    const message = (port: number) =>
      `bad key Kx7-very-secret-key for http://127.0.0.1:${port}/${path}, raw 0x${'ab'.repeat(100)}`;
    const started: { port: number } = { port: 0 };
    const { rpc, port } = await endpoint(
      ([{ id } = { id: 0 }]) => ({
        body: { jsonrpc: '2.0', id, error: { code: -32000, message: message(started.port) } },
      }),
      { path },
    );
    started.port = port;
    const [answer] = await rpc.ask([call('a')]);
    expect(answer).toMatchObject({ status: 'error', message: 'bad key (secret) for (url) raw (hex)' });
  });

  it('in the address become a header', async () => {
    const { port, seen } = await endpoint(ok);
    const rpc = jsonRpc({ url: `http://user:pass%20word@127.0.0.1:${port}/`, clock: realClock });
    open.push(rpc);
    expect(await rpc.ask([call('a')])).toMatchObject([{ result: 'a' }]);
    expect(seen[0]?.authorization).toBe(`Basic ${Buffer.from('user:pass word').toString('base64')}`);
  });

  it('are not repeated when the address is wrong', () => {
    for (const url of ['my-secret', 'ftp://my-secret', 'http://']) {
      expect(() => jsonRpc({ url, clock: realClock })).toThrow(/^The RPC address is not an http/);
    }
    expect(() => jsonRpc({ url: 'http://user:my%zzsecret@one.example', clock: realClock })).toThrow(
      /^The RPC address has a % .* Write % as %25\.$/,
    );
  });
});
