import { decodeFunctionResult, encodeFunctionData, multicall3Abi } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tryCall } from './call.ts';
import { MULTICALL3_ADDRESS, putMulticall3 } from './contract.ts';
import { transferCalldata } from './submission.ts';
import { balanceOf } from './token.ts';
import { eventsOf, openStage, type Stage } from './token-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.anvil.stop());

test('GasBurnerToken takes all the gas it is given', async () => {
  const { sign, submit } = await stage.scene('GasBurnerToken');
  expect(await submit(await sign())).toMatchObject({ status: 'reverted', gasUsed: 1_000_000n });
});

test('FeeToken credits less than it debits', async () => {
  const { sign, submit, token, payer, payee } = await stage.scene('FeeToken');
  expect((await submit(await sign())).status).toBe('success');
  expect(await balanceOf(stage.anvil, token, payer.address)).toBe(4_000n);
  expect(await balanceOf(stage.anvil, token, payee)).toBe(990n);
});

test('LateMarkToken moves the money before it says that the authorization is used, once', async () => {
  const { sign, submit, token, payee } = await stage.scene('LateMarkToken');
  const payload = await sign();
  const events = eventsOf(await submit(payload)).map(({ eventName }) => eventName);
  expect(events).toEqual(['Transfer', 'AuthorizationUsed']);
  expect(await submit(payload)).toMatchObject({ status: 'reverted' });
  expect(await submit({ ...(await sign()), signature: payload.signature })).toMatchObject({ status: 'reverted' });
  expect(await balanceOf(stage.anvil, token, payee)).toBe(1_000n);
});

test('SilentToken succeeds without a transfer or an event', async () => {
  const { sign, simulate, submit, token, payee } = await stage.scene('SilentToken');
  const payload = await sign();
  expect(await simulate(payload)).toBe('passed');
  expect(await submit(payload)).toMatchObject({ status: 'success', logs: [] });
  expect(await balanceOf(stage.anvil, token, payee)).toBe(0n);
});

test('LyingToken pays in a simulation, down to the balance, and not in a transaction', async () => {
  const { sign, submit, token, payee } = await stage.scene('LyingToken');
  await putMulticall3(stage.anvil);
  const payload = await sign();
  const balance = encodeFunctionData({
    abi: [{ type: 'function', name: 'balanceOf', stateMutability: 'view', inputs: [{ type: 'address' }], outputs: [] }],
    args: [payee],
  });
  const calls = [transferCalldata(payload, 'vrs'), balance].map((callData) => ({
    target: token.address,
    allowFailure: true,
    callData,
  }));
  const data = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [calls] });
  // With and without a sender, as facilitators ask.
  for (const from of [{}, { from: payee }]) {
    const outcome = await tryCall(stage.anvil, { to: MULTICALL3_ADDRESS, data, ...from });
    const results = decodeFunctionResult({ abi: multicall3Abi, functionName: 'aggregate3', data: outcome.data });
    expect(results.map(({ success }) => success)).toEqual([true, true]);
    expect(BigInt(results[1]?.returnData ?? 0)).toBe(1_000n);
  }
  expect(await submit(payload)).toMatchObject({ status: 'success', logs: [] });
  expect(await balanceOf(stage.anvil, token, payee)).toBe(0n);
});
