/** A key without gas money and a budget that is used up, over a real chain and HTTP. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChain, transfersTo, USDC } from '../stage/chain.ts';
import { type Facilitator, startHere } from '../stage/facilitator.ts';
import { openScene, type Scene } from '../stage/scene.ts';

const COIN = 10n ** 18n;

async function open(env: Readonly<Record<string, string>>, balance: bigint) {
  const anvil = await startChain();
  onTestFinished(() => anvil.stop());
  const facilitator = await startHere({ rpcUrl: anvil.url, env });
  onTestFinished(() => facilitator.close());
  await anvil.setBalance(facilitator.signer.address, balance);
  return { anvil, facilitator, scene: await openScene(anvil, 2) };
}

const pay = async (facilitator: Facilitator, scene: Scene) => facilitator.post('settle', await scene.request());
const metric = async (facilitator: Facilitator, name: string) =>
  new RegExp(`^facilitator_${name}\\{[^}]*\\} (\\S+)$`, 'm').exec((await facilitator.get('/metrics')).text)?.[1];

describe('a key without gas money', () => {
  it('takes no payment and sends nothing: 503 with the address to fund; a funded one settles the next', async () => {
    const { anvil, facilitator, scene } = await open({}, 0n);
    const draft = await scene.request();
    const refused = await facilitator.post('settle', draft);
    const { address } = facilitator.signer;
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(refused.body['errorMessage']).toBe(
      `The key that pays has not enough for gas on eip155:84532: fund ${address}. Nothing was sent. Send the identical request again.`,
    );
    expect((await facilitator.post('verify', draft)).body).toMatchObject({ isValid: true });
    expect((await facilitator.get('/ready')).body).toMatchObject({
      ready: true,
      notServed: [{ name: 'base-sepolia', status: 'dry', reason: expect.stringContaining(address) }],
    });
    expect((await facilitator.get('/health')).body).toMatchObject({ networks: [{ status: 'dry' }] });
    expect(await metric(facilitator, 'signer_good')).toBe('0');
    expect(await metric(facilitator, 'signer_balance_native')).toBe('0');
    expect(await metric(facilitator, 'network_open')).toBe('0');
    expect(facilitator.told()).toMatch(/"event":"signer.dry"/);
    expect(await transfersTo(anvil, USDC.address, scene.payee)).toEqual([]);

    await anvil.setBalance(address, COIN);
    expect((await facilitator.post('settle', draft)).body).toMatchObject({ success: true });
    expect((await facilitator.get('/health')).body).toMatchObject({ networks: [{ status: 'open', reason: '' }] });
    expect(Number(await metric(facilitator, 'signer_balance_native'))).toBeLessThan(Number(COIN));
    expect(facilitator.told()).toMatch(/"event":"signer.funded"/);
  });

  it('is not used to the last coin: below its floor it takes nothing, although it could pay', async () => {
    const { anvil, facilitator, scene } = await open({ BALANCE_FLOOR_BASE_SEPOLIA: '0.5' }, COIN / 2n - 1n);
    expect((await pay(facilitator, scene)).status).toBe(503);
    expect(await transfersTo(anvil, USDC.address, scene.payee)).toEqual([]);
    // Half as much again, so that it does not stop at the next payment.
    await anvil.setBalance(facilitator.signer.address, (COIN * 3n) / 4n - 1n);
    expect((await pay(facilitator, scene)).status).toBe(503);
    await anvil.setBalance(facilitator.signer.address, (COIN * 3n) / 4n);
    expect((await pay(facilitator, scene)).body).toMatchObject({ success: true });
  });
});

describe('a budget', () => {
  it('of the network: refuses what it has no room for, and shows what was spent', async () => {
    const { anvil, facilitator, scene } = await open({ GAS_BUDGET_BASE_SEPOLIA: '0.001' }, COIN);
    const statuses: number[] = [];
    for (let payment = 0; payment < 30 && !statuses.includes(503); payment += 1) {
      const fresh = await openScene(anvil, 2);
      statuses.push((await pay(facilitator, fresh)).status);
    }
    expect(statuses[0]).toBe(200);
    const refused = await pay(facilitator, scene);
    expect(refused.status).toBe(503);
    expect(refused.body['errorMessage']).toMatch(
      /^The gas budget of eip155:84532 for 24 hours is used up\. Nothing was/,
    );
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const left = BigInt(String(await anvil.rpc('eth_getBalance', [facilitator.signer.address, 'latest'])));
    expect(Number(await metric(facilitator, 'gas_spent_native'))).toBe(Number(COIN - left));
    expect(COIN - left).toBeLessThanOrEqual(COIN / 1_000n);
    expect(await metric(facilitator, 'gas_reserved_native')).toBe('0');
    expect(await metric(facilitator, 'gas_budget_native')).toBe(`${10n ** 15n}`);
    expect(await transfersTo(anvil, USDC.address, scene.payee)).toEqual([]);
  });

  it('of a caller: another address still has its own', async () => {
    const { facilitator, scene } = await open(
      { CALLER_GAS_BUDGET_BASE_SEPOLIA: '0.0006', TRUST_PROXY_HOPS: '1' },
      COIN,
    );
    const from = async (address: string) =>
      facilitator.post('settle', await scene.request(), { 'x-forwarded-for': address });
    const statuses: number[] = [];
    for (let payment = 0; payment < 4; payment += 1) statuses.push((await from('203.0.113.7')).status);
    expect(statuses).toContain(200);
    expect(statuses.at(-1)).toBe(503);
    expect((await from('203.0.113.8')).status).toBe(200);
  });
});
