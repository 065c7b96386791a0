import { createNetworks } from '@facilitator/protocol';
import {
  type Address,
  decodeFunctionResult,
  encodeFunctionData,
  encodeFunctionResult,
  erc20Abi,
  hashDomain,
  parseAbi,
} from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAnvil } from './anvil.ts';
import { tryCall } from './call.ts';
import { someAddress } from './contract.ts';
import { BASE_SEPOLIA_GLUE, BASE_SEPOLIA_USDC } from './sandbox-chain.ts';
import { balanceOf, fund, putRegistryToken, putToken, setBlocked } from './token.ts';
import { eventsOf, openStage, type Stage } from './token-stage.ts';

const ABI = parseAbi([
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function version() view returns (string)',
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function eip712Domain() view returns (bytes1, string, string, uint256, address, bytes32, uint256[])',
]);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.anvil.stop());

type Getter = 'DOMAIN_SEPARATOR' | 'version' | 'name' | 'symbol' | 'decimals' | 'eip712Domain';

const read = (to: Address, functionName: Getter, anvil = stage.anvil) =>
  tryCall(anvil, { to, data: encodeFunctionData({ abi: ABI, functionName }) });

const text = async (to: Address, functionName: 'version' | 'name' | 'symbol') =>
  decodeFunctionResult({ abi: ABI, functionName, data: (await read(to, functionName)).data });

describe('domains', () => {
  test('USDC on Base Sepolia', async () => {
    const { address } = await putToken(stage.anvil, BASE_SEPOLIA_USDC);
    const separator = '0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818';
    expect(await read(address, 'DOMAIN_SEPARATOR')).toMatchObject({ data: separator });
    expect(await text(address, 'name')).toBe('USDC');
    expect(await text(address, 'version')).toBe('2');
    expect(await text(address, 'symbol')).toBe('USDC');
    expect(BigInt((await read(address, 'decimals')).data)).toBe(6n);
  });

  test('GLUE on Base Sepolia, whose name needs more than a word of storage', async () => {
    const glue = await putToken(stage.anvil, BASE_SEPOLIA_GLUE);
    const separator = '0x3378cbbce665cc9fbe0df8650f531a186447734a29f7ac99f4035b43d5382575';
    expect(await read(glue.address, 'DOMAIN_SEPARATOR')).toMatchObject({ data: separator });
    expect(await text(glue.address, 'name')).toBe('Gasless Ultravioleta DAO Extended Token');
    expect(await read(glue.address, 'eip712Domain')).toMatchObject({
      data: encodeFunctionResult({
        abi: ABI,
        functionName: 'eip712Domain',
        result: ['0x0f', glue.name, '1', 84532n, glue.address, `0x${'00'.repeat(32)}`, []],
      }),
    });
    expect(await read(glue.address, 'version')).toMatchObject({ status: 'reverted' });
  });

  test('GLUE on Avalanche Fuji', async () => {
    const fuji = await startAnvil({ chainId: 43113 });
    try {
      const { address } = await putToken(fuji, {
        ...BASE_SEPOLIA_GLUE,
        address: '0x3D19A80b3bD5CC3a4E55D4b5B753bC36d6A44743',
        name: 'GLUE Token',
      });
      expect(await read(address, 'DOMAIN_SEPARATOR', fuji)).toMatchObject({
        data: '0xc536b159d4002c0f707b67357db52990aabd3392b6e32c1f8e37d5651a1ccf45',
      });
    } finally {
      await fuji.stop();
    }
  });

  test('every token of the registry can be put with its own domain, under any chain id', async () => {
    const tokens = createNetworks()
      .all()
      .flatMap((network) => (network.family === 'evm' ? network.tokens : []));
    expect(tokens.length).toBeGreaterThan(21);
    for (const token of tokens) {
      const { address, name, version } = await putRegistryToken(stage.anvil, token);
      if (token.domain) expect({ name, version }).toEqual(token.domain);
      const expected = hashDomain({
        domain: { name, version, chainId: 84532n, verifyingContract: address },
        types: {
          EIP712Domain: [
            { name: 'name', type: 'string' },
            { name: 'version', type: 'string' },
            { name: 'chainId', type: 'uint256' },
            { name: 'verifyingContract', type: 'address' },
          ],
        },
      });
      expect(await read(address, 'DOMAIN_SEPARATOR')).toMatchObject({ data: expected });
    }
  });

  test('the registry’s tokens get the fixture of their shape', async () => {
    const networks = createNetworks();
    const shape = async (network: string, symbol: string) => {
      const found = networks.resolve(network);
      const token = found?.family === 'evm' ? found.tokens.find((one) => one.symbol === symbol) : undefined;
      if (!token) throw new Error(`${network} has no ${symbol}`);
      return (await putRegistryToken(stage.anvil, token)).kind;
    };
    expect(await shape('base', 'USDC')).toBe('FiatToken');
    expect(await shape('avalanche-fuji', 'GLUE')).toBe('GlueToken');
    expect(await shape('ethereum', 'PYUSD')).toBe('PaxosToken');
  });
});

describe('GlueToken', () => {
  test('pays by v, r, s and has no other overload', async () => {
    const { sign, simulate, submit, token, payee } = await stage.scene('GlueToken', BASE_SEPOLIA_GLUE);
    const payload = await sign();
    expect(await simulate(payload, 'bytes')).toBe('0x');
    expect(await simulate(payload)).toBe('passed');
    expect((await submit(payload)).status).toBe('success');
    expect(await balanceOf(stage.anvil, token, payee)).toBe(1_000n);
    expect(await simulate(payload)).toBe('EIP3009: authorization already used');
  });

  test('knows no ERC-1271: a signature by another key is wrong whoever the payer is', async () => {
    const { sign, simulate } = await stage.scene('GlueToken');
    expect(await simulate(await sign({ from: someAddress() }))).toBe('EIP3009: invalid signature');
  });

  test('names the other faults', async () => {
    const { sign, simulate } = await stage.scene('GlueToken');
    const now = BigInt(Math.floor(Date.now() / 1000));
    expect(await simulate(await sign({ validAfter: now + 500n }))).toBe('EIP3009: authorization not yet valid');
    expect(await simulate(await sign({ validBefore: now - 60n }))).toBe('EIP3009: authorization expired');
    // ERC20InsufficientBalance(address,uint256,uint256)
    expect(await simulate(await sign({ value: 5_001n }))).toMatch(/^0xe450d38c/);
  });
});

test('PaxosToken takes a used authorization without an error, and moves nothing', async () => {
  const { sign, simulate, submit, token, payee } = await stage.scene('PaxosToken');
  const payload = await sign();
  expect(await simulate(payload, 'bytes')).toBe('0x');
  const first = eventsOf(await submit(payload)).map(({ eventName }) => eventName);
  expect(first).toEqual(['AuthorizationUsed', 'Transfer']);
  expect(await simulate(payload)).toBe('passed');
  const again = await submit(payload);
  expect(again.status).toBe('success');
  expect(eventsOf(again).map(({ eventName }) => eventName)).toEqual(['AuthorizationAlreadyUsed']);
  expect(await balanceOf(stage.anvil, token, payee)).toBe(1_000n);
});

test('a plain transfer works on every fixture', async () => {
  for (const kind of ['FiatToken', 'GlueToken', 'PaxosToken'] as const) {
    const { token, payer, payee } = await stage.scene(kind);
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [payee, 7n] });
    expect(await tryCall(stage.anvil, { to: token.address, data, from: payer.address })).toMatchObject({
      status: 'passed',
      data: `0x${'1'.padStart(64, '0')}`,
    });
    expect(await tryCall(stage.anvil, { to: token.address, data })).toMatchObject({ status: 'reverted' });
  }
});

test('funding sets a balance and unblocks the holder', async () => {
  const { token, payer } = await stage.scene('FiatToken');
  await setBlocked(stage.anvil, token, payer.address, true);
  expect(await balanceOf(stage.anvil, token, payer.address)).toBe(5_000n);
  await fund(stage.anvil, token, payer.address, 3n);
  expect(await balanceOf(stage.anvil, token, payer.address)).toBe(3n);
});
