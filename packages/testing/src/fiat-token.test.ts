import { encodeFunctionData, type Hex, hexToBool, parseAbi, parseSignature } from 'viem';
import { signTypedData } from 'viem/accounts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AuthorizationToSign, randomNonce } from './authorization.ts';
import { tryCall } from './call.ts';
import { someAddress } from './contract.ts';
import { hex } from './hex.ts';
import { balanceOf, setBlocked, setNonceUsed, setPaused } from './token.ts';
import { eventsOf, openStage, type Stage } from './token-stage.ts';

const ABI = parseAbi([
  'function authorizationState(address, bytes32) view returns (bool)',
  'function allowance(address, address) view returns (uint256)',
  'function nonces(address) view returns (uint256)',
  'function cancelAuthorization(address authorizer, bytes32 nonce, bytes signature)',
  'function cancelAuthorization(address authorizer, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
  'function permit(address owner, address spender, uint256 value, uint256 deadline, bytes signature)',
  'function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
  'function receiveWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
]);

let stage: Stage;
let scene: Awaited<ReturnType<Stage['scene']>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.anvil.stop());
beforeEach(async () => {
  scene = await stage.scene('FiatToken');
});

async function isUsed(nonce: Hex): Promise<boolean> {
  const args = [scene.payer.address, nonce] as const;
  const data = encodeFunctionData({ abi: ABI, functionName: 'authorizationState', args });
  const outcome = await tryCall(stage.anvil, { to: scene.token.address, data });
  return hexToBool(outcome.data, { size: 32 });
}

describe.each(['vrs', 'bytes'] as const)('%s', (overload) => {
  const outcomeOf = async (wanted: Partial<AuthorizationToSign>) => scene.simulate(await scene.sign(wanted), overload);

  test('pays, and says so in two events', async () => {
    const { payer, payee, token } = scene;
    const payload = await scene.sign();
    expect(await scene.simulate(payload, overload)).toBe('passed');
    const receipt = await scene.submit(payload, overload);
    expect(receipt.status).toBe('success');
    const { nonce } = payload.authorization;
    expect(eventsOf(receipt)).toEqual([
      { eventName: 'AuthorizationUsed', args: { authorizer: payer.address, nonce } },
      { eventName: 'Transfer', args: { from: payer.address, to: payee, value: 1_000n } },
    ]);
    expect(await balanceOf(stage.anvil, token, payer.address)).toBe(4_000n);
    expect(await balanceOf(stage.anvil, token, payee)).toBe(1_000n);
    expect(await isUsed(nonce)).toBe(true);
    expect(await scene.simulate(payload, overload)).toBe('FiatTokenV2: authorization is used or canceled');
  });

  test('reverts with Circle’s texts', async () => {
    const now = BigInt(Math.floor(Date.now() / 1000));
    expect(await outcomeOf({ validAfter: now + 500n })).toBe('FiatTokenV2: authorization is not yet valid');
    expect(await outcomeOf({ validBefore: now - 60n })).toBe('FiatTokenV2: authorization is expired');
    expect(await outcomeOf({ value: 5_001n })).toBe('ERC20: transfer amount exceeds balance');
    expect(await outcomeOf({ to: `0x${'00'.repeat(20)}` })).toBe('ERC20: transfer to the zero address');
    expect(await outcomeOf({ from: someAddress() })).toBe('FiatTokenV2: invalid signature');
    expect(await outcomeOf({ chainId: 1 })).toBe('FiatTokenV2: invalid signature');
    const nonce = randomNonce();
    expect(await isUsed(nonce)).toBe(false);
    await setNonceUsed(stage.anvil, scene.token, scene.payer.address, nonce);
    expect(await isUsed(nonce)).toBe(true);
    expect(await outcomeOf({ nonce })).toBe('FiatTokenV2: authorization is used or canceled');
  });

  test('refuses blocked payers and payees, and everything while paused', async () => {
    const { payer, payee, token } = scene;
    const payload = await scene.sign();
    for (const account of [payer.address, payee]) {
      await setBlocked(stage.anvil, token, account, true);
      expect(await scene.simulate(payload, overload)).toBe('Blacklistable: account is blacklisted');
      await setBlocked(stage.anvil, token, account, false);
      expect(await scene.simulate(payload, overload)).toBe('passed');
    }
    expect(await balanceOf(stage.anvil, token, payer.address)).toBe(5_000n);
    await setPaused(stage.anvil, token, true);
    expect(await scene.simulate(payload, overload)).toBe('Pausable: paused');
    await setPaused(stage.anvil, token, false);
    expect(await scene.simulate(payload, overload)).toBe('passed');
  });

  test('the times of the window are excluded', async () => {
    await stage.anvil.pauseMining();
    try {
      const block = await stage.anvil.rpc('eth_getBlockByNumber', ['latest', false]);
      const now = BigInt(hex((block as { timestamp: unknown }).timestamp));
      expect(await outcomeOf({ validAfter: now })).toBe('FiatTokenV2: authorization is not yet valid');
      expect(await outcomeOf({ validAfter: now - 1n })).toBe('passed');
      expect(await outcomeOf({ validBefore: now })).toBe('FiatTokenV2: authorization is expired');
      expect(await outcomeOf({ validBefore: now + 1n })).toBe('passed');
    } finally {
      await stage.anvil.resumeMining();
    }
  });

  test('an authorization can be cancelled by its payer', async () => {
    const { payer, token } = scene;
    const payload = await scene.sign();
    const { nonce } = payload.authorization;
    const signature = await signTypedData({
      privateKey: payer.privateKey,
      domain: { name: token.name, version: token.version, chainId: 84532, verifyingContract: token.address },
      types: {
        CancelAuthorization: [
          { name: 'authorizer', type: 'address' },
          { name: 'nonce', type: 'bytes32' },
        ],
      },
      primaryType: 'CancelAuthorization',
      message: { authorizer: payer.address, nonce },
    });
    const { r, s, yParity } = parseSignature(signature);
    const form = overload === 'bytes' ? ([signature] as const) : ([27 + yParity, r, s] as const);
    const cancel = (authorizer: Hex) =>
      encodeFunctionData({ abi: ABI, functionName: 'cancelAuthorization', args: [authorizer, nonce, ...form] });
    const foreign = await tryCall(stage.anvil, { to: token.address, data: cancel(someAddress()) });
    expect(foreign).toMatchObject({ text: 'FiatTokenV2: invalid signature' });
    const receipt = await stage.send(token.address, cancel(payer.address));
    expect(receipt.status).toBe('success');
    expect(await scene.simulate(payload, overload)).toBe('FiatTokenV2: authorization is used or canceled');
  });

  test('a permit sets the allowance once', async () => {
    const { payer, token } = scene;
    const spender = someAddress();
    const [value, deadline] = [70n, 2n ** 256n - 1n];
    const signature = await signTypedData({
      privateKey: payer.privateKey,
      domain: { name: token.name, version: token.version, chainId: 84532, verifyingContract: token.address },
      types: {
        Permit: [
          { name: 'owner', type: 'address' },
          { name: 'spender', type: 'address' },
          { name: 'value', type: 'uint256' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
        ],
      },
      primaryType: 'Permit',
      message: { owner: payer.address, spender, value, nonce: 0n, deadline },
    });
    const { r, s, yParity } = parseSignature(signature);
    const form = overload === 'bytes' ? ([signature] as const) : ([27 + yParity, r, s] as const);
    const permit = (until: bigint) =>
      encodeFunctionData({ abi: ABI, functionName: 'permit', args: [payer.address, spender, value, until, ...form] });
    expect(await tryCall(stage.anvil, { to: token.address, data: permit(5n) })).toMatchObject({
      text: 'FiatTokenV2: permit is expired',
    });
    expect((await stage.send(token.address, permit(deadline))).status).toBe('success');
    const allowance = encodeFunctionData({ abi: ABI, functionName: 'allowance', args: [payer.address, spender] });
    expect(BigInt((await tryCall(stage.anvil, { to: token.address, data: allowance })).data)).toBe(value);
    expect(await tryCall(stage.anvil, { to: token.address, data: permit(deadline) })).toMatchObject({
      text: 'EIP2612: invalid signature',
    });
  });
});

test('refuses signatures of the wrong form', async () => {
  const { authorization, signature } = await scene.sign();
  const outcome = (form: Hex) => scene.simulate({ authorization, signature: form }, 'bytes');
  expect(await outcome(`0x${signature.slice(2, 130)}`)).toBe('ECRecover: invalid signature length');
  expect(await outcome(`${signature}00`)).toBe('ECRecover: invalid signature length');
  expect(await outcome(`0x${signature.slice(2, 130)}02`)).toBe("ECRecover: invalid signature 'v' value");
  expect(await outcome(`0x${signature.slice(2, 66)}${'f'.repeat(64)}1b`)).toBe(
    "ECRecover: invalid signature 's' value",
  );
});

test('receiveWithAuthorization is for the payee alone, and wants its own signature', async () => {
  const { payer, payee, token } = scene;
  const { authorization, signature } = await scene.sign();
  const data = encodeFunctionData({
    abi: ABI,
    functionName: 'receiveWithAuthorization',
    args: [payer.address, payee, 1_000n, 0n, BigInt(authorization.validBefore), authorization.nonce, signature],
  });
  const by = (from: Hex) => tryCall(stage.anvil, { to: token.address, data, from });
  expect(await by(someAddress())).toMatchObject({ text: 'FiatTokenV2: caller must be the payee' });
  expect(await by(payee)).toMatchObject({ text: 'FiatTokenV2: invalid signature' });
});
