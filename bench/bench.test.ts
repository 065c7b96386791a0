import { once } from 'node:events';
import { createServer } from 'node:http';
import { BASE_SEPOLIA, BASE_SEPOLIA_USDC } from '@facilitator/testing';
import { afterAll, expect, test } from 'vitest';
import { connect, observeLoad } from './cases/observe-load.ts';
import { observeSettlements } from './cases/observe-settlements.ts';
import { ours } from './facilitators/ours.ts';
import { reference } from './facilitators/reference.ts';
import { createCrowd } from './payments.ts';
import { openStage } from './stage.ts';

const stop = new AbortController();
const { signal } = stop;
const crowd = createCrowd({
  chainId: BASE_SEPOLIA,
  token: BASE_SEPOLIA_USDC,
  payers: 3,
  sellers: 2,
  amount: 1_000n,
});

afterAll(() => stop.abort());

test.each([ours, reference])('$label is measured: verifications, settlements, what they cost', async (contender) => {
  const payments = crowd.payments(8);
  await using stage = await openStage({ contender, crowd, blocks: 'instant', keys: 1, proxy: { delayMs: 0 }, signal });
  await using connections = await connect(stage, 1, 20);
  const load = { connections, payments, waitSeconds: 20, signal };

  const verified = await observeLoad(stage, { ...load, path: '/verify' });
  expect(verified.answers).toEqual({ ok: 8 });
  expect(verified.figures.callsPerPayment).toBeGreaterThan(0);
  expect(verified.figures.peakRssMb).toBeGreaterThan(20);
  expect(verified.cpuMs).toBeGreaterThan(0);

  const { figures } = await observeSettlements(stage, crowd.amount, load);
  expect(figures).toMatchObject({ sent: 8, ok: 8, payments: 8, paid: 8, wrong: 0, reverted: 0, stuck: 0 });
  expect(figures.transactions).toBe(8);
  expect(figures.gasPerPayment).toBeGreaterThan(60_000);
});

test('calls to the chain are held back as long as told', async () => {
  const payments = crowd.payments(3);
  const delayMs = 150;
  await using stage = await openStage({
    contender: reference,
    crowd,
    blocks: 'instant',
    keys: 1,
    proxy: { delayMs },
    signal,
  });
  await using connections = await connect(stage, 1, 20);
  const { figures, calls } = await observeLoad(stage, {
    connections,
    path: '/verify',
    payments,
    waitSeconds: 20,
    signal,
  });
  expect(figures.p50Ms).toBeGreaterThan(delayMs);
  expect(calls['eth_call']).toBe(1);
});

test('a facilitator that says success and pays nothing is found out', async () => {
  const liar = createServer((_request, response) => response.end('{"success":true,"transaction":"0x00"}'));
  liar.listen(0, '127.0.0.1');
  await once(liar, 'listening');
  const address = liar.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await using stage = await openStage({ contender: reference, crowd, blocks: 'instant', keys: 1, signal });
  const facilitator = { ...stage.facilitator, origin: `http://127.0.0.1:${address.port}` };
  const lied = { ...stage, facilitator };
  {
    await using connections = await connect(lied, 2, 20);
    const { figures } = await observeSettlements(lied, crowd.amount, {
      connections,
      payments: crowd.payments(4),
      waitSeconds: 20,
      signal,
    });
    expect(figures).toMatchObject({ sent: 4, ok: 4, paid: 0, wrong: 4, transactions: 0 });
  }
  liar.close();
});

test('an aborted run ends its load at once', async () => {
  const over = new AbortController();
  await using stage = await openStage({ contender: reference, crowd, blocks: 'instant', keys: 1, signal });
  await using connections = await connect(stage, 1, 20);
  const load = { connections, payments: crowd.payments(8), path: '/verify', repeat: true, waitSeconds: 20 } as const;
  const running = observeLoad(stage, { ...load, signal: over.signal });
  over.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
});
