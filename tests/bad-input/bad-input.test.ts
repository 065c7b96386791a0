/** Every way to be wrong, over HTTP, against a real chain: the right words, no gas spent, nothing given away. */
import { REASONS } from '@facilitator/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transfersTo, USDC } from '../stage/chain.ts';
import type { Answer, Endpoint } from '../stage/facilitator.ts';
import type { Version } from '../stage/scene.ts';
import { openWorld, spentBy, type World } from '../stage/world.ts';
import type { Fault } from './fault.ts';
import { MALFORMED } from './malformed.ts';
import { ON_CHAIN } from './on-chain.ts';
import { SIGNATURES } from './signatures.ts';
import { TERMS } from './terms.ts';

const FAULTS: readonly Fault[] = [...MALFORMED, ...TERMS, ...SIGNATURES, ...ON_CHAIN];
const ENDPOINTS = ['verify', 'settle'] as const;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const versionsOf = ({ versions = [1, 2] }: Fault) => versions;
const facilitatorFor = ({ takes }: Fault) => (takes === 'any' ? world.daring : world.careful);

async function send(fault: Fault, version: Version, endpoint: Endpoint): Promise<Answer> {
  return facilitatorFor(fault).post(endpoint, await fault.make(await world.scene(version)));
}

/** The reason and its words, where this endpoint keeps them. */
function toldBy({ body }: Answer, endpoint: Endpoint) {
  return endpoint === 'verify'
    ? { good: body['isValid'], code: body['invalidReason'], message: body['invalidMessage'] }
    : { good: body['success'], code: body['errorReason'], message: body['errorMessage'] };
}

describe.each(ENDPOINTS)('POST /%s', (endpoint) => {
  describe.each(FAULTS)('given $what', (fault) => {
    it.each(versionsOf(fault))('refuses with its reason, in x402 version %i', async (version) => {
      const before = await spentBy(world);
      const answer = await send(fault, version, endpoint);
      const code = version === 1 ? (fault.v1 ?? fault.code) : fault.code;
      const told = toldBy(answer, endpoint);
      expect(told).toEqual({ good: false, code, message: expect.stringMatching(fault.says) });
      expect(answer.status).toBe(fault.status ?? 200);
      if (endpoint === 'settle') {
        expect(answer.body).toMatchObject({ transaction: '', network: expect.any(String) });
        expect(Object.keys(answer.body)).not.toContain('transactionHash');
      }
      if (code.startsWith('invalid_exact_evm')) expect(answer.body['payer']).toMatch(ADDRESS);
      expect(await spentBy(world)).toEqual(before);
    });
  });
});

describe('all of it at once', () => {
  let told: readonly { readonly fault: Fault; readonly message: string }[] = [];

  // They meet in the same calls to the chain, with good payments among them.
  it('spoils no good payment, and nobody is told another’s reason', async () => {
    const good: unknown[] = [];
    for (const version of [1, 2, 1, 2, 1, 2] as const) good.push(await (await world.scene(version)).request());
    const bad: { readonly fault: Fault; readonly body: unknown }[] = [];
    for (const fault of FAULTS.filter((each) => versionsOf(each).includes(2)))
      bad.push({ fault, body: await fault.make(await world.scene(2)) });
    const before = await spentBy(world);
    const [fine, wrong] = await Promise.all([
      Promise.all(good.map((body) => world.careful.post('verify', body))),
      Promise.all(bad.map(({ fault, body }) => facilitatorFor(fault).post('verify', body))),
    ]);
    expect(fine.map(({ body }) => body['isValid'])).toEqual(good.map(() => true));
    const words = wrong.map((answer) => toldBy(answer, 'verify'));
    expect(words).toEqual(
      bad.map(({ fault: { code, says } }) => ({ good: false, code, message: expect.stringMatching(says) })),
    );
    expect(await spentBy(world)).toEqual(before);
    told = bad.map(({ fault }, index) => ({ fault, message: `${words[index]?.message}` }));
  });

  it('has words for each that fit no other of the same reason', () => {
    expect(told.length).toBeGreaterThan(0);
    for (const { fault, message } of told) {
      const fitting = FAULTS.filter(({ code, says }) => code === fault.code && says.test(message));
      const other = fitting.filter(({ what, like }) => (like ?? what) !== (fault.like ?? fault.what));
      expect(other.map(({ what }) => what)).toEqual([]);
    }
  });
});

describe('a token that lies', () => {
  it('is found out by its log, not by its receipt, and named as such', async () => {
    for (const version of [1, 2] as const) {
      const scene = await world.scene(version);
      const token = await scene.token('LyingToken');
      const body = await scene.request({ token });
      expect((await world.daring.post('verify', body)).body).toMatchObject({ isValid: true });
      const { body: answer } = await world.daring.post('settle', body);
      expect(answer).toMatchObject({
        success: false,
        errorReason: version === 1 ? 'invalid_transaction_state' : 'invalid_exact_evm_transaction_failed',
        errorMessage: expect.stringMatching(/was mined, and the token did not use the authorization/),
        transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      });
      expect(await transfersTo(world.anvil, token.address, scene.payee)).toEqual([]);
    }
  });
});

describe('the reasons', () => {
  it('are all in the table but those that a good payment may meet', () => {
    const met = new Set(FAULTS.map(({ code }) => code));
    expect(Object.keys(REASONS).filter((reason) => !met.has(reason))).toEqual([
      'unexpected_verify_error',
      'unexpected_settle_error',
      'duplicate_settlement',
      'settlement_pending',
      'payment_expired',
      'invalid_exact_evm_transaction_failed',
    ]);
  });

  it('are one for each fault, or the table says why not', () => {
    const alone = FAULTS.filter(({ shares }) => shares === undefined);
    for (const { code, what } of alone) {
      expect(FAULTS.filter((other) => other.code === code).map((other) => other.what)).toEqual([what]);
    }
    // And nobody excuses what needs no excuse.
    for (const { code } of FAULTS.filter(({ shares }) => shares !== undefined)) {
      expect(FAULTS.filter((other) => other.code === code).length).toBeGreaterThan(1);
    }
  });
});

describe('after all that', () => {
  it('the server is up, ready, and settles', async () => {
    for (const facilitator of [world.careful, world.daring]) {
      expect((await facilitator.get('/health')).body).toMatchObject({ status: 'healthy' });
      expect((await facilitator.get('/ready')).status).toBe(200);
      const scene = await world.scene(2);
      const { body } = await facilitator.post('settle', await scene.request());
      expect(body).toMatchObject({ success: true });
      expect(await transfersTo(world.anvil, USDC.address, scene.payee)).toEqual([body['transaction']]);
      expect((await facilitator.get(`/settlements/${body['transaction']}`)).status).toBe(200);
    }
  });

  it('no answer and no log line holds an address of an RPC, a key or a signature', async () => {
    for (const facilitator of [world.careful, world.daring]) {
      for (const path of ['/', '/networks', '/supported', '/metrics', '/version']) await facilitator.get(path);
      const told = facilitator.told().toLowerCase();
      expect(told.length).toBeGreaterThan(10_000);
      expect(world.secrets().filter((secret) => told.includes(secret.toLowerCase()))).toEqual([]);
    }
  });
});
