/** One payment presented more than once: paid once, and its success told to one caller. */
import { balanceOf, fund, someAddress } from '@facilitator/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { purseOf, transfersTo, USDC } from '../stage/chain.ts';
import type { Answer } from '../stage/facilitator.ts';
import { PATIENCE } from '../stage/patience.ts';
import { AMOUNT, type Draft, PURSE, type Scene } from '../stage/scene.ts';
import { openWorld, type World } from '../stage/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const DUPLICATE = { success: false, errorReason: 'duplicate_settlement', transaction: '' };
const HASH = /^0x[0-9a-f]{64}$/;
/** Answered before anything is mined. */
const SOON = { prefer: 'wait=1' };

const settle = (body: unknown, headers: Record<string, string> = {}) => world.careful.post('settle', body, headers);
const succeeded = (answers: readonly Answer[]) => answers.filter(({ body }) => body['success'] === true);

/** The same authorization, said to buy something else. */
function forAnotherResource(draft: Draft): Draft {
  const other = structuredClone(draft);
  Object.assign(other.paymentPayload, { resource: { url: 'https://shop.example/another' } });
  return other;
}

function forAnotherPayee(draft: Draft): Draft {
  const other = structuredClone(draft);
  const payTo = someAddress();
  Object.assign(other.paymentRequirements, { payTo });
  Object.assign(other.paymentPayload.accepted ?? {}, { payTo });
  return other;
}

async function paidOnce({ payee }: Scene): Promise<string> {
  const [hash, ...more] = await transfersTo(world.anvil, USDC.address, payee);
  expect(more).toEqual([]);
  expect(await balanceOf(world.anvil, USDC, payee)).toBe(AMOUNT);
  return hash ?? 'none';
}

async function pauseMining(): Promise<void> {
  await world.anvil.pauseMining();
  onTestFinished(() => world.anvil.resumeMining());
}

describe('without an idempotency key', () => {
  it('at the same time: one is told the success', async () => {
    const scene = await world.scene(2);
    const draft = await scene.request();
    const answers = await Promise.all([draft, draft, draft].map((body) => settle(body)));
    const [winner, ...others] = succeeded(answers);
    expect(others).toEqual([]);
    for (const answer of answers) if (answer !== winner) expect(answer.body).toMatchObject(DUPLICATE);
    expect(await paidOnce(scene)).toBe(winner?.body['transaction']);
  });

  it('after success: nobody else, for whatever resource, and /verify says that it is used', async () => {
    const scene = await world.scene(2);
    const draft = await scene.request();
    expect((await settle(draft)).body).toMatchObject({ success: true });
    expect((await settle(draft)).body).toMatchObject(DUPLICATE);
    expect((await settle(forAnotherResource(draft))).body).toMatchObject(DUPLICATE);
    expect((await settle(forAnotherPayee(draft))).body).toMatchObject({
      success: false,
      errorReason: 'invalid_exact_evm_recipient_mismatch',
    });
    expect((await world.careful.post('verify', draft)).body).toMatchObject({
      isValid: false,
      invalidReason: 'invalid_exact_evm_nonce_already_used',
    });
    await paidOnce(scene);
  });

  it('while the first waits: the others are told at once, and the first gets its success', async () => {
    await pauseMining();
    const scene = await world.scene(2);
    const draft = await scene.request();
    const before = await purseOf(world.anvil, world.careful.signer.address);
    const first = settle(draft);
    await expect
      .poll(async () => (await purseOf(world.anvil, world.careful.signer.address)).nonce, PATIENCE)
      .toBe(before.nonce + 1n);
    expect((await settle(draft)).body).toMatchObject(DUPLICATE);
    expect((await settle(forAnotherResource(draft))).body).toMatchObject(DUPLICATE);
    await world.anvil.resumeMining();
    expect((await first).body).toMatchObject({ success: true, transaction: await paidOnce(scene) });
  });

  it('after settlement_pending: the identical request has it, no other one', async () => {
    await pauseMining();
    const scene = await world.scene(2);
    const draft = await scene.request();
    const { body: pending } = await settle(draft, SOON);
    expect(pending).toMatchObject({ success: false, errorReason: 'settlement_pending' });
    expect(pending['transaction']).toMatch(HASH);
    const found = await world.careful.get(`/settlements/${pending['transaction']}`);
    expect(found.body).toMatchObject({ settlements: [{ state: 'prepared', delivered: false }] });

    expect((await settle(forAnotherPayee(draft))).body).toMatchObject({
      success: false,
      errorReason: 'invalid_exact_evm_recipient_mismatch',
      transaction: '',
    });
    expect((await settle(forAnotherResource(draft))).body).toMatchObject(DUPLICATE);
    expect((await settle(draft, SOON)).body).toEqual(pending);
    expect(await transfersTo(world.anvil, USDC.address, scene.payee)).toEqual([]);

    await world.anvil.resumeMining();
    expect((await settle(forAnotherResource(draft))).body).toMatchObject(DUPLICATE);
    expect((await settle(draft)).body).toMatchObject({ success: true, transaction: pending['transaction'] });
    expect((await settle(draft)).body).toMatchObject(DUPLICATE);
    expect(await paidOnce(scene)).toBe(pending['transaction']);
  });

  it('in the other version: it is the same payment', async () => {
    const scene = await world.scene(2);
    const payload = (await scene.request()).paymentPayload.payload;
    const answers = await Promise.all(
      ([1, 2] as const).map(async (version) => {
        const draft = await scene.request({ version });
        Object.assign(draft.paymentPayload, { payload });
        return settle(draft);
      }),
    );
    expect(succeeded(answers)).toHaveLength(1);
    await paidOnce(scene);
  });

  it('after a failure that is final: the same failure again, and nothing more is spent', async () => {
    await pauseMining();
    const scene = await world.scene(2);
    const draft = await scene.request();
    const { body: pending } = await settle(draft, SOON);
    expect(pending).toMatchObject({ errorReason: 'settlement_pending' });
    // The payer spends it elsewhere before our transaction is mined.
    await fund(world.anvil, USDC, scene.payer.address, 0n);
    await world.anvil.resumeMining();
    const { body: failed } = await settle(draft);
    const { transaction } = pending;
    expect(failed).toMatchObject({
      success: false,
      errorReason: 'invalid_exact_evm_insufficient_balance',
      transaction,
    });
    const spent = await purseOf(world.anvil, world.careful.signer.address);
    await fund(world.anvil, USDC, scene.payer.address, PURSE);
    expect((await settle(draft)).body).toEqual(failed);
    expect(await purseOf(world.anvil, world.careful.signer.address)).toEqual(spent);
  });
});

describe('with an idempotency key', () => {
  const keyed = (key: string) => ({ 'idempotency-key': key });

  it('the same answer to every repeat, at the same time and later', async () => {
    const scene = await world.scene(2);
    const draft = await scene.request();
    const atOnce = await Promise.all([1, 2, 3].map(() => settle(draft, keyed('order-1'))));
    const later = await settle(draft, keyed('order-1'));
    const { body } = later;
    expect(body).toMatchObject({ success: true, transaction: await paidOnce(scene) });
    expect(atOnce.map((answer) => answer.body)).toEqual([body, body, body]);
  });

  it('no answer without it or with another', async () => {
    const scene = await world.scene(2);
    const draft = await scene.request();
    expect((await settle(draft, keyed('order-2'))).body).toMatchObject({ success: true });
    expect((await settle(draft)).body).toMatchObject(DUPLICATE);
    expect((await settle(draft, keyed('order-2b'))).body).toMatchObject(DUPLICATE);
    await paidOnce(scene);
  });

  it('409 for another payment or another resource under the same key, and nothing is sent', async () => {
    const [scene, other] = [await world.scene(2), await world.scene(1)];
    const draft = await scene.request();
    expect((await settle(draft, keyed('order-3'))).body).toMatchObject({ success: true });
    const spent = await purseOf(world.anvil, world.careful.signer.address);
    for (const body of [await other.request(), forAnotherResource(draft)]) {
      const answer = await settle(body, keyed('order-3'));
      expect(answer.status).toBe(409);
      expect(answer.body).toMatchObject({
        success: false,
        error: expect.stringMatching(/idempotency key was used for another payment/),
        transaction: '',
      });
    }
    expect(await purseOf(world.anvil, world.careful.signer.address)).toEqual(spent);
    expect(await transfersTo(world.anvil, USDC.address, other.payee)).toEqual([]);
    // The other payment itself is untouched: without that key it can be paid.
    expect((await settle(await other.request())).body).toMatchObject({ success: true });
  });

  it('409 for one of two payments that arrive under one key at the same time', async () => {
    const bodies = await Promise.all([1, 2].map(async () => (await world.scene(2)).request()));
    const spent = await purseOf(world.anvil, world.careful.signer.address);
    const answers = await Promise.all(bodies.map((body) => settle(body, keyed('order-4'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(succeeded(answers)).toHaveLength(1);
    expect((await purseOf(world.anvil, world.careful.signer.address)).nonce).toBe(spent.nonce + 1n);
  });

  it('the same from inside the payment (payment-identifier)', async () => {
    const scene = await world.scene(2);
    const draft = await scene.request();
    const id = 'order_0123456789abcdef';
    Object.assign(draft.paymentPayload, { extensions: { 'payment-identifier': { info: { required: false, id } } } });
    const first = await settle(draft);
    expect(first.body).toMatchObject({ success: true });
    expect((await settle(draft)).body).toEqual(first.body);
    await paidOnce(scene);
  });
});

it('no answer and no log line of all this holds an address of an RPC, a key or a signature', () => {
  const told = world.careful.told().toLowerCase();
  expect(world.secrets().filter((secret) => told.includes(secret.toLowerCase()))).toEqual([]);
});
