import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { Engine, Settlement, SettleOptions } from '@facilitator/engine';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HASH, PAYEE, PAYER, requestV1, requestV2, SIGNATURE, type Site, site } from './house.fixture.ts';

const settled: Settlement = {
  id: 'anchor',
  answer: {
    status: 'settled',
    payer: PAYER,
    transaction: HASH,
    amount: 25_000n,
    locator: { logIndex: 3, authorizationNonce: `0x${'42'.repeat(32)}`, batchSize: 1 },
  },
};

function failing(
  status: 'pending' | 'failed',
  reason: 'settlement_pending' | 'invalid_exact_evm_signature',
  transaction = '',
) {
  return { id: 'anchor', answer: { status, reason, message: 'words', payer: PAYER, transaction } } satisfies Settlement;
}

/** Answers every settlement with `settlement` and keeps what it was asked. */
function settling(settlement: Settlement) {
  const asked: SettleOptions[] = [];
  const settle: Engine['settle'] = async (_payment, options) => {
    asked.push(options);
    return settlement;
  };
  return { asked, ...site({ settle }) };
}

function post({ app }: Site, body: object, headers: Record<string, string> = {}, url = '/settle') {
  return app.inject({ method: 'POST', url, payload: body, headers });
}

describe('POST /settle', () => {
  it('answers a success with its evidence, in the spelling of the caller', async () => {
    const here = settling(settled);
    const v1 = await post(here, requestV1());
    expect(v1.statusCode).toBe(200);
    expect(v1.json()).toMatchObject({
      success: true,
      transaction: HASH,
      network: 'base-sepolia',
      payer: PAYER,
      isValid: true,
    });
    const v2 = await post(here, requestV2());
    expect(v2.json()).toMatchObject({ success: true, transaction: HASH, network: 'eip155:84532', amount: '25000' });
  });

  it.each([
    ['a refusal', failing('failed', 'invalid_exact_evm_signature'), 'invalid_exact_evm_signature', ''],
    ['an open end', failing('pending', 'settlement_pending', HASH), 'settlement_pending', HASH],
  ])('answers %s with 200', async (_what, settlement, errorReason, transaction) => {
    const response = await post(settling(settlement), requestV2());
    expect(response.statusCode).toBe(200);
    expect(response.json()).toMatchObject({
      success: false,
      errorReason,
      transaction,
      network: 'eip155:84532',
      payer: PAYER,
    });
  });

  it('answers what is not a success with 402 where the operator wants it, and a success with 200', async () => {
    const settle = (settlement: Settlement) => site({ settle: async () => settlement }, { settleFailureStatus: 402 });
    for (const settlement of [
      failing('failed', 'invalid_exact_evm_signature'),
      failing('pending', 'settlement_pending', HASH),
    ]) {
      const response = await settle(settlement).app.inject({ method: 'POST', url: '/settle', payload: requestV1() });
      expect(response.statusCode).toBe(402);
      expect(response.json()).toMatchObject({ success: false, network: 'base-sepolia', payer: PAYER });
    }
    const response = await settle(settled).app.inject({ method: 'POST', url: '/settle', payload: requestV1() });
    expect(response.statusCode).toBe(200);
  });

  it('answers 503 with Retry-After when nothing could be decided', async () => {
    const here = settling({ id: undefined, answer: { status: 'unavailable', message: 'later', retryAfter: 3 } });
    const response = await post(here, requestV2());
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('3');
    expect(response.json()).toMatchObject({ success: false, errorReason: 'unexpected_settle_error', error: 'later' });
  });

  it('answers 409 when the key belongs to another payment', async () => {
    const here = settling({ id: undefined, answer: { status: 'conflict', message: 'taken' } });
    const response = await post(here, requestV1(), { 'idempotency-key': 'k' });
    expect(response.statusCode).toBe(409);
    expect(response.json()).toMatchObject({ success: false, error: 'taken', errorReason: 'duplicate_settlement' });
  });

  it('refuses an unserved network, naming the served ones as the caller spells', async () => {
    const here = site();
    const v2 = await post(here, requestV2({ network: 'eip155:137' }));
    expect(v2.statusCode).toBe(200);
    expect(v2.json()).toMatchObject({ success: false, errorReason: 'invalid_network', network: 'eip155:137' });
    expect(v2.json().errorMessage).toContain('Served are eip155:8453, eip155:84532.');
    const unknown = await post(here, requestV2({ network: 'moon' }));
    expect(unknown.json().errorMessage).toContain('Served are base, base-sepolia.');
  });

  it('waits as long as the caller prefers', async () => {
    const here = settling(settled);
    expect((await post(here, requestV1())).headers['preference-applied']).toBeUndefined();
    expect((await post(here, requestV1(), { prefer: 'wait=45' })).headers['preference-applied']).toBe('wait=45');
    expect(here.asked.map(({ waitMs }) => waitMs)).toEqual([20_000, 45_000]);
  });

  it('takes the key of the header, else the identifier in the payment', async () => {
    const here = settling(settled);
    const extensions = { 'payment-identifier': { info: { required: false, id: 'order-0000000000001' }, schema: {} } };
    await post(here, requestV2());
    await post(here, requestV2({ extensions }));
    await post(here, requestV2({ extensions }), { 'idempotency-key': 'order 7' });
    expect(here.asked.map(({ key }) => key)).toEqual([
      undefined,
      `identifier:eip155:84532:${PAYEE}:order-0000000000001`,
      'key:order 7',
    ]);
  });

  it.each([
    ['a success', settled, { payment: 'anchor', outcome: 'settled', transaction: HASH }],
    ['a refusal', failing('failed', 'invalid_exact_evm_signature'), { outcome: 'invalid_exact_evm_signature' }],
    [
      'an undecided one',
      { id: 'anchor', answer: { status: 'unavailable', message: 'later', retryAfter: 3 } } satisfies Settlement,
      { payment: 'anchor', outcome: 'unavailable' },
    ],
  ])('logs whose request it was, and how it ended, in one line: %s', async (_what, settlement, told) => {
    const here = settling(settlement);
    const response = await post(here, requestV1());
    const requestId = response.headers['x-request-id'];
    const line = here.lines().find(({ event }) => event === 'http.done');
    expect(line).toMatchObject({ requestId, route: '/settle', status: response.statusCode, ...told });
  });

  it('tells nothing of an internal failure but an id that the log knows', async () => {
    const here = site({ settle: () => Promise.reject(new Error(`boom https://rpc.example/v2/secret ${SIGNATURE}`)) });
    const response = await post(here, requestV1());
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toMatch(/boom|secret|at .*\.ts/);
    expect(response.json()).toMatchObject({ success: false, errorReason: 'unexpected_settle_error' });
    const { requestId } = response.json();
    expect(here.lines()).toContainEqual(expect.objectContaining({ event: 'http.fault', requestId, level: 'error' }));
    expect(here.logged()).not.toContain(SIGNATURE);
  });
});

describe('POST /pay', () => {
  it('answers both results of a success', async () => {
    const response = await post(settling(settled), requestV2(), {}, '/pay');
    expect(response.json()).toMatchObject({
      success: true,
      verify: { isValid: true, payer: PAYER },
      settle: { success: true, transaction: HASH, network: 'eip155:84532' },
    });
  });

  it('answers both results of a refusal', async () => {
    const response = await post(settling(failing('failed', 'invalid_exact_evm_signature')), requestV2(), {}, '/pay');
    expect(response.json()).toMatchObject({
      success: false,
      verify: { isValid: false, invalidReason: 'invalid_exact_evm_signature' },
      settle: { success: false, errorReason: 'invalid_exact_evm_signature', transaction: '' },
    });
  });

  it('calls a payment valid that was sent and is not proved yet', async () => {
    const response = await post(settling(failing('pending', 'settlement_pending', HASH)), requestV2(), {}, '/pay');
    expect(response.json()).toMatchObject({
      success: false,
      verify: { isValid: true },
      settle: { errorReason: 'settlement_pending', transaction: HASH },
    });
  });
});

describe('a caller that goes away', () => {
  /** A settlement that ends when the test says so, behind a real socket. */
  async function waiting() {
    const engaged = Promise.withResolvers<SettleOptions>();
    const answer = Promise.withResolvers<Settlement>();
    const undelivered = vi.fn<Engine['undelivered']>(async () => undefined);
    const here = site({
      settle: (_payment, options) => {
        engaged.resolve(options);
        return answer.promise;
      },
      undelivered,
    });
    const url = await here.app.listen({ host: '127.0.0.1', port: 0 });
    onTestFinished(() => here.app.close());
    const call = httpRequest(`${url}/settle`, { method: 'POST', headers: { 'content-type': 'application/json' } });
    call.on('error', () => undefined);
    call.end(JSON.stringify(requestV1()));
    return { here, call, options: await engaged.promise, answer, undelivered };
  }

  it('aborts its wait, and the success it missed is given back once', async () => {
    const { call, options, answer, undelivered } = await waiting();
    call.destroy();
    await once(options.signal, 'abort');
    answer.resolve(settled);
    await vi.waitFor(() => expect(undelivered).toHaveBeenCalledWith('anchor'));
    expect(undelivered).toHaveBeenCalledTimes(1);
  });

  it('gives nothing back when the answer arrived', async () => {
    const { here, call, options, answer, undelivered } = await waiting();
    const responded = once(call, 'response');
    answer.resolve(settled);
    const [response] = await responded;
    response.resume();
    await once(response, 'end');
    // The server closes after the last request is done with, so everything that could be given back has been.
    await here.app.close();
    expect(options.signal.aborted).toBe(false);
    expect(undelivered).not.toHaveBeenCalled();
  });

  it('gives nothing back when the payment failed', async () => {
    const { here, call, options, answer, undelivered } = await waiting();
    call.destroy();
    await once(options.signal, 'abort');
    answer.resolve(failing('failed', 'invalid_exact_evm_signature'));
    await here.app.close();
    expect(undelivered).not.toHaveBeenCalled();
  });
});
