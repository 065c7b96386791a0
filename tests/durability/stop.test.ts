/** SIGTERM while callers wait, and two processes that want the same journal. */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Hex } from 'viem';
import { describe, expect, it, onTestFinished } from 'vitest';
import { transfersTo, USDC } from '../stage/chain.ts';
import { PATIENCE } from '../stage/patience.ts';
import { openHouse } from './house.ts';

const DUPLICATE = { success: false, errorReason: 'duplicate_settlement' };

describe('SIGTERM while a caller waits for a transaction', () => {
  it('mined within the grace: the caller is told the success', async () => {
    const house = await openHouse('SQLite');
    const scene = await house.scene();
    const draft = await scene.request();
    const server = await house.serve({ SHUTDOWN_SECONDS: '30' });
    await server.logged('ready');
    await house.anvil.pauseMining();
    const answer = server.post('settle', draft);
    const hash = (await server.logged('settle.broadcast'))['transaction'] as Hex;
    server.kill('SIGTERM');
    await server.logged('stop');
    // Nobody new is let in.
    await expect.poll(() => server.get('/health').catch(() => 'refused'), PATIENCE).toBe('refused');
    await house.anvil.resumeMining();
    expect((await answer).body).toMatchObject({ success: true, transaction: hash });
    expect((await server.ended).code).toBe(0);

    // What was told is remembered.
    const next = await house.serve();
    await next.logged('ready');
    expect((await next.post('settle', draft)).body).toMatchObject(DUPLICATE);
    expect(await transfersTo(house.anvil, USDC.address, scene.payee)).toEqual([hash]);
  });

  it('not mined within the grace: settlement_pending, and the next process has the success', async () => {
    const house = await openHouse('SQLite');
    const scene = await house.scene();
    const draft = await scene.request();
    const server = await house.serve({ SHUTDOWN_SECONDS: '1' });
    await server.logged('ready');
    await house.anvil.pauseMining();
    const answer = server.post('settle', draft);
    const hash = (await server.logged('settle.broadcast'))['transaction'] as Hex;
    server.kill('SIGTERM');
    expect((await answer).body).toMatchObject({
      success: false,
      errorReason: 'settlement_pending',
      transaction: hash,
    });
    expect((await server.ended).code).toBe(0);

    const next = await house.serve();
    await next.logged('ready');
    await house.anvil.resumeMining();
    expect((await next.post('settle', draft)).body).toMatchObject({ success: true, transaction: hash });
    expect((await next.post('settle', draft)).body).toMatchObject(DUPLICATE);
    expect(await transfersTo(house.anvil, USDC.address, scene.payee)).toEqual([hash]);
  });

  it('not signed yet: 503, and nothing was sent', async () => {
    const house = await openHouse('SQLite');
    const scene = await house.scene();
    const draft = await scene.request();
    const server = await house.serve({ SHUTDOWN_SECONDS: '1' });
    await server.logged('ready');
    const asked = Promise.withResolvers<void>();
    const open = Promise.withResolvers<void>();
    house.intercept(async () => {
      asked.resolve();
      await open.promise;
      return { action: 'pass' };
    });
    const answer = server.post('settle', draft);
    await asked.promise;
    server.kill('SIGTERM');
    await server.logged('stop');
    open.resolve();
    const { status, headers, body } = await answer;
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(body).toMatchObject({ success: false, transaction: '', errorReason: 'unexpected_settle_error' });
    expect((await server.ended).code).toBe(0);
    expect(await transfersTo(house.anvil, USDC.address, scene.payee)).toEqual([]);

    const next = await house.serve();
    await next.logged('ready');
    expect((await next.post('settle', draft)).body).toMatchObject({ success: true });
  });
});

describe('a second process on the same SQLite file', () => {
  const says = /The journal \S+journal\.db is in use by another process\. Stop that one first/;
  it('is refused in words, and the first goes on', async () => {
    const house = await openHouse('SQLite');
    const first = await house.serve();
    await first.logged('ready');
    const second = await house.start();
    expect(second).toMatchObject({ status: 'ended', ending: { code: 1, output: expect.stringMatching(says) } });
    if (second.status === 'ended') {
      // For people: no stack, and no value of a setting.
      expect(second.ending.output).not.toMatch(/\n\s+at /);
      expect(house.secrets().filter((secret) => second.ending.output.includes(secret))).toEqual([]);
    }
    const scene = await house.scene();
    expect((await first.post('settle', await scene.request())).body).toMatchObject({ success: true });
    first.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    // Let go of, it is free at once.
    const third = await house.serve();
    await third.logged('ready');
  });
});

it('SIGTERM is held up neither by a connection on which nobody asked anything, nor by half a request', async () => {
  const house = await openHouse('SQLite');
  const server = await house.serve({ SHUTDOWN_SECONDS: '1' });
  await server.logged('ready');
  const { hostname, port } = new URL(server.url);
  // Load balancers and browsers open them ahead.
  const silent = connect(Number(port), hostname);
  const slow = connect(Number(port), hostname);
  for (const each of [silent, slow]) onTestFinished(() => void each.destroy());
  await Promise.all([silent, slow].map((each) => once(each, 'connect')));
  slow.write('POST /settle HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
  slow.on('error', () => undefined);
  await server.get('/health');
  server.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
});
