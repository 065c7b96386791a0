/** kill -9 at the two worst moments, on a real chain, with a journal on disk: settled exactly once, told exactly once. */
import { balanceOf } from '@facilitator/testing';
import type { Hex } from 'viem';
import { describe, expect, it } from 'vitest';
import { purseOf, transfersTo, USDC } from '../stage/chain.ts';
import { PATIENCE } from '../stage/patience.ts';
import { AMOUNT, type Draft, type Scene } from '../stage/scene.ts';
import type { ServerProcess } from '../stage/server-process.ts';
import { type House, handedOver, killHard, openHouse, pass } from './house.ts';

const DUPLICATE = { success: false, errorReason: 'duplicate_settlement' };
const SOON = { prefer: 'wait=1' };

/** What GET /settlements says of the one payment a transaction carries. */
async function stateOf(server: ServerProcess, hash: string) {
  const { settlements } = (await server.get(`/settlements/${hash}`)).body as {
    readonly settlements: readonly unknown[];
  };
  expect(settlements).toHaveLength(1);
  return settlements[0];
}

/** A retry whose answer nobody waits for, because the process will not live to give it. */
function abandoned(server: ServerProcess, draft: Draft): Promise<'gone' | 'answered'> {
  return server.post('settle', draft).then(
    () => 'answered',
    () => 'gone',
  );
}

async function toldOnce(server: ServerProcess, draft: Draft, hash: Hex): Promise<void> {
  expect((await server.post('settle', draft)).body).toMatchObject({ success: true, transaction: hash });
  expect(await stateOf(server, hash)).toMatchObject({ state: 'settled', delivered: true, transaction: hash });
  expect((await server.post('settle', draft)).body).toMatchObject(DUPLICATE);
}

async function paidOnce({ anvil, signer }: House, { payee }: Scene, hash: Hex): Promise<void> {
  expect(await transfersTo(anvil, USDC.address, payee)).toEqual([hash]);
  expect(await balanceOf(anvil, USDC, payee)).toBe(AMOUNT);
  expect((await purseOf(anvil, signer.address)).nonce).toBe(1n);
}

describe.each(['SQLite', 'PostgreSQL'] as const)('with %s', (store) => {
  it('killed between journal and broadcast', async () => {
    const house = await openHouse(store);
    const scene = await house.scene();
    const draft = await scene.request();
    const first = await house.serve();
    await first.logged('ready');
    const caught = Promise.withResolvers<Hex>();
    house.intercept((call) => {
      const hash = handedOver(call);
      if (hash === undefined) return { action: 'pass' };
      caught.resolve(hash);
      return { action: 'drop' };
    });
    const answer = abandoned(first, draft);
    const hash = await caught.promise;
    // The node never heard of it, and the journal knows its hash.
    expect(await stateOf(first, hash)).toMatchObject({ state: 'prepared', transaction: hash, delivered: false });
    await killHard(first);
    expect(await answer).toBe('gone');
    expect((await purseOf(house.anvil, house.signer.address)).nonce).toBe(0n);

    // Until the chain answers nothing can be reconciled: not ready, and yet truthful.
    const open = Promise.withResolvers<void>();
    house.intercept(async (call) => {
      await open.promise;
      return pass(call);
    });
    const second = await house.serve();
    expect((await second.get('/health')).status).toBe(200);
    expect((await second.get('/ready')).status).toBe(503);
    expect(await stateOf(second, hash)).toMatchObject({ state: 'prepared', transaction: hash });
    const early = await second.post('settle', draft);
    expect(early.status).toBe(503);
    expect(early.headers.get('retry-after')).toMatch(/^\d+$/);
    open.resolve();
    await second.logged('ready');
    expect((await second.get('/ready')).status).toBe(200);
    await toldOnce(second, draft, hash);
    await paidOnce(house, scene, hash);
  });

  it('killed between broadcast and receipt, mined while nobody was there', async () => {
    const house = await openHouse(store);
    const scene = await house.scene();
    const draft = await scene.request();
    const first = await house.serve();
    await first.logged('ready');
    await house.anvil.pauseMining();
    const answer = abandoned(first, draft);
    const sent = await first.logged('settle.broadcast');
    expect(sent).toMatchObject({ outcome: 'accepted' });
    const hash = sent['transaction'] as Hex;
    await killHard(first);
    expect(await answer).toBe('gone');
    await house.anvil.resumeMining();
    await paidOnce(house, scene, hash);

    const second = await house.serve();
    await second.logged('ready');
    // Reconciled before it is ready: known without anybody asking.
    expect(await stateOf(second, hash)).toMatchObject({ state: 'settled', delivered: false, transaction: hash });
    await toldOnce(second, draft, hash);
    await paidOnce(house, scene, hash);
  });
});

describe('with SQLite', () => {
  it('killed between broadcast and receipt, mined only after the restart', async () => {
    const house = await openHouse('SQLite');
    const scene = await house.scene();
    const draft = await scene.request();
    const first = await house.serve();
    await first.logged('ready');
    await house.anvil.pauseMining();
    const answer = abandoned(first, draft);
    const hash = (await first.logged('settle.broadcast'))['transaction'] as Hex;
    await killHard(first);
    expect(await answer).toBe('gone');

    const second = await house.serve();
    await second.logged('ready');
    const { body: pending } = await second.post('settle', draft, SOON);
    expect(pending).toMatchObject({ success: false, errorReason: 'settlement_pending', transaction: hash });
    expect(await stateOf(second, hash)).toMatchObject({ state: 'prepared', delivered: false });
    await house.anvil.resumeMining();
    await toldOnce(second, draft, hash);
    await paidOnce(house, scene, hash);
  });

  it('killed again and again: the payment is still there', async () => {
    const house = await openHouse('SQLite');
    const scene = await house.scene();
    const draft = await scene.request();
    house.intercept((call) => (handedOver(call) === undefined ? { action: 'pass' } : { action: 'drop' }));
    let hash: unknown;
    for (let life = 0; life < 3; life += 1) {
      const server = await house.serve();
      await server.logged('ready');
      void abandoned(server, draft);
      const sent = await server.logged('settle.broadcast');
      expect(sent).toMatchObject({ outcome: 'unknown' });
      // The same bytes each time: nothing new is signed for a payment that is signed already.
      hash ??= sent['transaction'];
      expect(sent['transaction']).toBe(hash);
      await killHard(server);
    }
    house.intercept(pass);
    const last = await house.serve();
    await last.logged('ready');
    await toldOnce(last, draft, hash as Hex);
    await paidOnce(house, scene, hash as Hex);
  });

  it('killed, and the chain gives a wrong id at the next start: nothing final is said of what is on its way', async () => {
    const house = await openHouse('SQLite');
    const scene = await house.scene();
    const draft = await scene.request();
    const first = await house.serve();
    await first.logged('ready');
    await house.anvil.pauseMining();
    void abandoned(first, draft);
    const hash = (await first.logged('settle.broadcast'))['transaction'] as Hex;
    await killHard(first);

    house.intercept(({ method }) =>
      method === 'eth_chainId' ? { action: 'answer', result: '0x1' } : { action: 'pass' },
    );
    const second = await house.serve();
    await second.logged('network.closed');
    const early = await second.post('settle', draft);
    expect(early.status).toBe(503);
    expect(early.headers.get('retry-after')).toMatch(/^\d+$/);
    house.intercept(pass);
    await second.logged('network.open');
    await house.anvil.resumeMining();
    await toldOnce(second, draft, hash);
    await paidOnce(house, scene, hash);
  });

  it('killed with a crowd on its way, every second broadcast lost', async () => {
    const CROWD = 40;
    const ALONE = 5;
    const house = await openHouse('SQLite', { blockTime: 1 });
    const scenes = await Promise.all(Array.from({ length: CROWD }, house.scene));
    const drafts = await Promise.all(scenes.map((scene) => scene.request()));
    const first = await house.serve();
    await first.logged('ready');
    await house.anvil.pauseMining();
    const enough = Promise.withResolvers<void>();
    let handed = 0;
    house.intercept((call) => {
      if (handedOver(call) === undefined) return { action: 'pass' };
      handed += 1;
      if (handed > ALONE) enough.resolve();
      return { action: handed % 2 === 0 ? 'drop' : 'pass' };
    });
    const answers: ReturnType<typeof abandoned>[] = [];
    // A few one by one, each in a transaction of its own, and then the others at once.
    for (const draft of drafts.slice(0, ALONE)) {
      answers.push(abandoned(first, draft));
      await expect.poll(() => handed, PATIENCE).toBe(answers.length);
    }
    answers.push(...drafts.slice(ALONE).map((draft) => abandoned(first, draft)));
    await enough.promise;
    await killHard(first);
    expect(await Promise.all(answers)).toEqual(drafts.map(() => 'gone'));

    house.intercept(pass);
    await house.anvil.resumeMining();
    const second = await house.serve();
    await second.logged('ready');
    const retries = await Promise.all(drafts.map((draft) => second.post('settle', draft)));
    for (const { body } of retries) expect(body).toMatchObject({ success: true });
    const repeats = await Promise.all(drafts.map((draft) => second.post('settle', draft)));
    for (const { body } of repeats) expect(body).toMatchObject(DUPLICATE);
    const paid = await Promise.all(scenes.map(({ payee }) => transfersTo(house.anvil, USDC.address, payee)));
    expect(paid).toEqual(retries.map(({ body }) => [body['transaction']]));
  });
});
