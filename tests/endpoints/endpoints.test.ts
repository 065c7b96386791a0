/** Two RPC endpoints of one network behind the server: one of them fails in every way, and payments go on. */
import { type ChaosProxy, type FaultName, newWallet, startChaosProxy } from '@facilitator/testing';
import { expect, it, onTestFinished } from 'vitest';
import { startChain, transfersTo, USDC } from '../stage/chain.ts';
import { type Facilitator, startHere } from '../stage/facilitator.ts';
import { PATIENCE } from '../stage/patience.ts';
import { openScene } from '../stage/scene.ts';

async function pair() {
  const anvil = await startChain();
  onTestFinished(() => anvil.stop());
  const [first, second] = await Promise.all([startChaosProxy(anvil.url), startChaosProxy(anvil.url)]);
  onTestFinished(async () => {
    await Promise.all([first.stop(), second.stop()]);
  });
  const signer = newWallet();
  await anvil.setBalance(signer.address, 10n ** 19n);
  const facilitator = await startHere({ rpcUrl: `${first.url}/s3cret-one, ${second.url}/s3cret-two`, signer });
  onTestFinished(() => facilitator.close());
  return { anvil, first, second, facilitator };
}

async function standing({ get }: Facilitator): Promise<Record<string, string>> {
  const { text } = await get('/metrics');
  const lines = text.matchAll(/^facilitator_rpc_endpoint_good\{network="[^"]+",endpoint="(\d)"\} (\d)$/gm);
  return Object.fromEntries([...lines].map(([, endpoint, good]) => [endpoint, good]));
}

it.each<FaultName>(['drop-before', 'http-500', 'http-429', 'garbled-json', 'no-answer'])(
  'payments are verified and settled while the first answers with %s',
  async (fault) => {
    const { anvil, first, facilitator } = await pair();
    const scene = await openScene(anvil, 2);
    first.on(fault);
    for (let payment = 1; payment <= 3; payment += 1) {
      const draft = await scene.request();
      expect((await facilitator.post('verify', draft)).body).toMatchObject({ isValid: true });
      expect((await facilitator.post('settle', draft)).body).toMatchObject({ success: true });
      expect(await transfersTo(anvil, USDC.address, scene.payee)).toHaveLength(payment);
    }
    expect(first.hits.length).toBeGreaterThan(0);
  },
);

it('one that is left, and one that is asked again, show in log and metrics without their addresses', async () => {
  const { anvil, first, facilitator } = await pair();
  const scene = await openScene(anvil, 2);
  first.on('http-500');
  await facilitator.post('verify', await scene.request());
  await expect.poll(() => standing(facilitator), PATIENCE).toMatchObject({ 1: '0' });
  first.off();
  await expect
    .poll(async () => {
      await facilitator.post('verify', await scene.request());
      return standing(facilitator);
    }, PATIENCE)
    .toMatchObject({ 1: '1' });
  const told = facilitator.told();
  expect(told).toContain('"event":"rpc.endpoint"');
  expect(told).not.toContain('s3cret');
});

it('with both gone, payments are told to come again, and nothing is lost', async () => {
  const { anvil, first, second, facilitator } = await pair();
  const scene = await openScene(anvil, 2);
  const draft = await scene.request();
  const all: readonly ChaosProxy[] = [first, second];
  for (const proxy of all) proxy.on('drop-before');
  const { status, headers } = await facilitator.post('settle', draft);
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
  for (const proxy of all) proxy.off();
  await expect.poll(async () => (await facilitator.post('settle', draft)).body['success'], PATIENCE).toBe(true);
  expect(await transfersTo(anvil, USDC.address, scene.payee)).toHaveLength(1);
});
