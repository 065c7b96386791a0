import { createNetworks } from '@facilitator/protocol';
import {
  type Address,
  decodeErrorResult,
  decodeEventLog,
  encodeFunctionData,
  encodeFunctionResult,
  erc20Abi,
  hashDomain,
  parseAbi,
} from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import {
  type AuthorizationPayload,
  type AuthorizationToSign,
  randomNonce,
  signAuthorization,
} from './authorization.ts';
import { putMulticall3, someAddress } from './contract.ts';
import { hex } from './hex.ts';
import { RefusedCall } from './rpc.ts';
import { BASE_SEPOLIA_GLUE, BASE_SEPOLIA_USDC } from './sandbox-chain.ts';
import { type Receipt, receiptOf, sendTransaction, transferCalldata } from './submission.ts';
import {
  balanceOf,
  fund,
  putRegistryToken,
  putToken,
  setBlocked,
  setNonceUsed,
  setPaused,
  type TokenFixture,
  type TokenKind,
} from './token.ts';
import { newWallet, type Wallet } from './wallet.ts';

const ABI = parseAbi([
  'function DOMAIN_SEPARATOR() view returns (bytes32)',
  'function version() view returns (string)',
  'function name() view returns (string)',
  'function authorizationState(address, bytes32) view returns (bool)',
  'function eip712Domain() view returns (bytes1, string, string, uint256, address, bytes32, uint256[])',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)',
  'event AuthorizationAlreadyUsed(address indexed authorizer, bytes32 indexed nonce)',
]);

let anvil: Anvil;
let relayer: Wallet;
let payer: Wallet;
let payee: Address;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  relayer = anvil.accounts[0] ?? newWallet();
});
afterAll(() => anvil.stop());
beforeEach(() => {
  payer = newWallet();
  payee = someAddress();
});

function put(kind: TokenKind, address: Address = someAddress()) {
  return putToken(anvil, { ...BASE_SEPOLIA_USDC, kind, address });
}

function sign(token: TokenFixture, wanted: Partial<AuthorizationToSign> = {}) {
  const { privateKey } = payer;
  return signAuthorization({ privateKey, chainId: anvil.chainId, token, to: payee, value: 1_000n, ...wanted });
}

async function read(address: Address, functionName: 'DOMAIN_SEPARATOR' | 'version' | 'name') {
  return hex(
    await anvil.rpc('eth_call', [{ to: address, data: encodeFunctionData({ abi: ABI, functionName }) }, 'latest']),
  );
}

/** What eth_call answers: the text of the revert, or `passed`. */
async function simulate(token: TokenFixture, payload: AuthorizationPayload, overload: 'vrs' | 'bytes' = 'vrs') {
  try {
    await anvil.rpc('eth_call', [{ to: token.address, data: transferCalldata(payload, overload) }, 'latest']);
    return 'passed';
  } catch (fault) {
    if (!(fault instanceof RefusedCall)) throw fault;
    const data = hex(fault.data);
    return data.startsWith('0x08c379a0') ? decodeErrorResult({ data, abi: [] }).args[0] : data;
  }
}

async function submit(token: TokenFixture, payload: AuthorizationPayload, overload: 'vrs' | 'bytes' = 'vrs') {
  const data = transferCalldata(payload, overload);
  const hash = await sendTransaction(anvil, { privateKey: relayer.privateKey, to: token.address, data });
  return vi.waitFor(async () => {
    const receipt = await receiptOf(anvil, hash);
    if (!receipt) throw new Error('not mined yet');
    return receipt;
  });
}

const events = ({ logs }: Receipt) =>
  logs.map(({ topics: [signature, ...rest], data }) => {
    if (!signature) throw new Error('anonymous event');
    return decodeEventLog({ abi: ABI, topics: [signature, ...rest], data });
  });

const state = async (token: TokenFixture, nonce: `0x${string}`) =>
  BigInt(
    hex(
      await anvil.rpc('eth_call', [
        {
          to: token.address,
          data: encodeFunctionData({ abi: ABI, functionName: 'authorizationState', args: [payer.address, nonce] }),
        },
        'latest',
      ]),
    ),
  ) === 1n;

describe('domains', () => {
  test('USDC on Base Sepolia', async () => {
    const usdc = await putToken(anvil, BASE_SEPOLIA_USDC);
    const separator = '0x71f17a3b2ff373b803d70a5a07c046c1a2bc8e89c09ef722fcb047abe94c9818';
    expect(await read(usdc.address, 'DOMAIN_SEPARATOR')).toBe(separator);
    expect(await read(usdc.address, 'version')).toBe(
      encodeFunctionResult({ abi: ABI, functionName: 'version', result: '2' }),
    );
  });

  test('GLUE on Base Sepolia, whose name needs more than a word of storage', async () => {
    const glue = await putToken(anvil, BASE_SEPOLIA_GLUE);
    const separator = '0x3378cbbce665cc9fbe0df8650f531a186447734a29f7ac99f4035b43d5382575';
    expect(await read(glue.address, 'DOMAIN_SEPARATOR')).toBe(separator);
    expect(await read(glue.address, 'name')).toBe(
      encodeFunctionResult({ abi: ABI, functionName: 'name', result: BASE_SEPOLIA_GLUE.name }),
    );
    const data = encodeFunctionData({ abi: ABI, functionName: 'eip712Domain' });
    expect(await anvil.rpc('eth_call', [{ to: glue.address, data }, 'latest'])).toBe(
      encodeFunctionResult({
        abi: ABI,
        functionName: 'eip712Domain',
        result: ['0x0f', glue.name, '1', 84532n, glue.address, `0x${'00'.repeat(32)}`, []],
      }),
    );
    await expect(read(glue.address, 'version')).rejects.toThrow('execution reverted');
  });

  test('GLUE on Avalanche Fuji', async () => {
    const fuji = await startAnvil({ chainId: 43113 });
    try {
      const glue = await putToken(fuji, {
        ...BASE_SEPOLIA_GLUE,
        address: '0x3D19A80b3bD5CC3a4E55D4b5B753bC36d6A44743',
        name: 'GLUE Token',
      });
      const data = encodeFunctionData({ abi: ABI, functionName: 'DOMAIN_SEPARATOR' });
      expect(await fuji.rpc('eth_call', [{ to: glue.address, data }, 'latest'])).toBe(
        '0xc536b159d4002c0f707b67357db52990aabd3392b6e32c1f8e37d5651a1ccf45',
      );
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
      const { address, name, version } = await putRegistryToken(anvil, token);
      if (token.domain) expect({ name, version }).toEqual(token.domain);
      expect(await read(address, 'DOMAIN_SEPARATOR')).toBe(
        hashDomain({
          domain: { name, version, chainId: 84532n, verifyingContract: address },
          types: {
            EIP712Domain: [
              { name: 'name', type: 'string' },
              { name: 'version', type: 'string' },
              { name: 'chainId', type: 'uint256' },
              { name: 'verifyingContract', type: 'address' },
            ],
          },
        }),
      );
    }
  });

  test('the registry’s tokens get the fixture of their shape', async () => {
    const networks = createNetworks();
    const shape = async (network: string, symbol: string) => {
      const found = networks.resolve(network);
      const token = found?.family === 'evm' ? found.tokens.find((one) => one.symbol === symbol) : undefined;
      if (!token) throw new Error(`${network} has no ${symbol}`);
      return (await putRegistryToken(anvil, token)).kind;
    };
    expect(await shape('base', 'USDC')).toBe('FiatToken');
    expect(await shape('avalanche-fuji', 'GLUE')).toBe('GlueToken');
    expect(await shape('ethereum', 'PYUSD')).toBe('PaxosToken');
  });
});

describe.each(['vrs', 'bytes'] as const)('FiatToken, %s', (overload) => {
  let usdc: TokenFixture;
  beforeEach(async () => {
    usdc = await put('FiatToken');
    await fund(anvil, usdc, payer.address, 5_000n);
  });

  test('pays, and says so in two events', async () => {
    const payload = await sign(usdc);
    expect(await simulate(usdc, payload, overload)).toBe('passed');
    const receipt = await submit(usdc, payload, overload);
    expect(receipt.status).toBe('success');
    const { nonce } = payload.authorization;
    expect(events(receipt)).toEqual([
      { eventName: 'AuthorizationUsed', args: { authorizer: payer.address, nonce } },
      { eventName: 'Transfer', args: { from: payer.address, to: payee, value: 1_000n } },
    ]);
    expect(await balanceOf(anvil, usdc, payer.address)).toBe(4_000n);
    expect(await balanceOf(anvil, usdc, payee)).toBe(1_000n);
    expect(await state(usdc, nonce)).toBe(true);
    expect(await simulate(usdc, payload, overload)).toBe('FiatTokenV2: authorization is used or canceled');
  });

  test('reverts with Circle’s texts', async () => {
    const outcome = async (wanted: Partial<AuthorizationToSign>) => simulate(usdc, await sign(usdc, wanted), overload);
    const now = BigInt(Math.floor(Date.now() / 1000));
    expect(await outcome({ validAfter: now + 500n })).toBe('FiatTokenV2: authorization is not yet valid');
    expect(await outcome({ validBefore: now - 60n })).toBe('FiatTokenV2: authorization is expired');
    expect(await outcome({ value: 5_001n })).toBe('ERC20: transfer amount exceeds balance');
    expect(await outcome({ to: `0x${'00'.repeat(20)}` })).toBe('ERC20: transfer to the zero address');
    expect(await outcome({ from: someAddress() })).toBe('FiatTokenV2: invalid signature');
    expect(await outcome({ chainId: 1 })).toBe('FiatTokenV2: invalid signature');
    const nonce = randomNonce();
    await setNonceUsed(anvil, usdc, payer.address, nonce);
    expect(await state(usdc, nonce)).toBe(true);
    expect(await outcome({ nonce })).toBe('FiatTokenV2: authorization is used or canceled');
  });

  test('refuses blocked payers and payees, and everything while paused', async () => {
    const payload = await sign(usdc);
    for (const account of [payer.address, payee]) {
      await setBlocked(anvil, usdc, account, true);
      expect(await simulate(usdc, payload, overload)).toBe('Blacklistable: account is blacklisted');
      await setBlocked(anvil, usdc, account, false);
      expect(await simulate(usdc, payload, overload)).toBe('passed');
    }
    expect(await balanceOf(anvil, usdc, payer.address)).toBe(5_000n);
    await setPaused(anvil, usdc, true);
    expect(await simulate(usdc, payload, overload)).toBe('Pausable: paused');
    await setPaused(anvil, usdc, false);
    expect(await simulate(usdc, payload, overload)).toBe('passed');
  });

  test('the times of the window are excluded', async () => {
    const latest = async () => {
      const block = await anvil.rpc('eth_getBlockByNumber', ['latest', false]);
      return BigInt(hex((block as { timestamp: unknown }).timestamp));
    };
    await anvil.pauseMining();
    try {
      const now = await latest();
      const outcome = async (wanted: Partial<AuthorizationToSign>) =>
        simulate(usdc, await sign(usdc, wanted), overload);
      expect(await outcome({ validAfter: now })).toBe('FiatTokenV2: authorization is not yet valid');
      expect(await outcome({ validAfter: now - 1n })).toBe('passed');
      expect(await outcome({ validBefore: now })).toBe('FiatTokenV2: authorization is expired');
      expect(await outcome({ validBefore: now + 1n })).toBe('passed');
    } finally {
      await anvil.resumeMining();
    }
  });
});

test('FiatToken refuses signatures of the wrong form', async () => {
  const usdc = await put('FiatToken');
  await fund(anvil, usdc, payer.address, 5_000n);
  const { authorization, signature } = await sign(usdc);
  const outcome = (form: `0x${string}`) => simulate(usdc, { authorization, signature: form }, 'bytes');
  expect(await outcome(`0x${signature.slice(2, 130)}`)).toBe('ECRecover: invalid signature length');
  expect(await outcome(`${signature}00`)).toBe('ECRecover: invalid signature length');
  expect(await outcome(`0x${signature.slice(2, 130)}02`)).toBe("ECRecover: invalid signature 'v' value");
  expect(await outcome(`0x${signature.slice(2, 66)}${'f'.repeat(64)}1b`)).toBe(
    "ECRecover: invalid signature 's' value",
  );
});

describe('GlueToken', () => {
  let glue: TokenFixture;
  beforeEach(async () => {
    glue = await putToken(anvil, BASE_SEPOLIA_GLUE);
    await fund(anvil, glue, payer.address, 5_000n);
  });

  test('pays by v, r, s and has no other overload', async () => {
    const payload = await sign(glue);
    expect(await simulate(glue, payload, 'bytes')).toBe('0x');
    expect(await simulate(glue, payload)).toBe('passed');
    expect((await submit(glue, payload)).status).toBe('success');
    expect(await balanceOf(anvil, glue, payee)).toBe(1_000n);
    expect(await simulate(glue, payload)).toBe('EIP3009: authorization already used');
  });

  test('knows no ERC-1271: a signature by another key is wrong whoever the payer is', async () => {
    const payload = await sign(glue, { from: someAddress() });
    expect(await simulate(glue, payload)).toBe('EIP3009: invalid signature');
  });
});

test('PaxosToken takes a used authorization without an error, and moves nothing', async () => {
  const pyusd = await put('PaxosToken');
  await fund(anvil, pyusd, payer.address, 5_000n);
  const payload = await sign(pyusd);
  expect(await simulate(pyusd, payload, 'bytes')).toBe('0x');
  expect(events(await submit(pyusd, payload)).map(({ eventName }) => eventName)).toEqual([
    'AuthorizationUsed',
    'Transfer',
  ]);
  expect(await simulate(pyusd, payload)).toBe('passed');
  const again = await submit(pyusd, payload);
  expect(again.status).toBe('success');
  expect(events(again).map(({ eventName }) => eventName)).toEqual(['AuthorizationAlreadyUsed']);
  expect(await balanceOf(anvil, pyusd, payee)).toBe(1_000n);
});

describe('hostile tokens', () => {
  test('GasBurnerToken takes all the gas it is given', async () => {
    const token = await put('GasBurnerToken');
    await fund(anvil, token, payer.address, 5_000n);
    const receipt = await submit(token, await sign(token));
    expect(receipt).toMatchObject({ status: 'reverted', gasUsed: 1_000_000n });
  });

  test('FeeToken credits less than it debits', async () => {
    const token = await put('FeeToken');
    await fund(anvil, token, payer.address, 5_000n);
    expect((await submit(token, await sign(token))).status).toBe('success');
    expect(await balanceOf(anvil, token, payer.address)).toBe(4_000n);
    expect(await balanceOf(anvil, token, payee)).toBe(990n);
  });

  test('SilentToken succeeds without a transfer or an event', async () => {
    const token = await put('SilentToken');
    await fund(anvil, token, payer.address, 5_000n);
    const payload = await sign(token);
    expect(await simulate(token, payload)).toBe('passed');
    expect(await submit(token, payload)).toMatchObject({ status: 'success', logs: [] });
    expect(await balanceOf(anvil, token, payee)).toBe(0n);
  });

  test('LyingToken pays in a simulation and not in a transaction', async () => {
    const token = await put('LyingToken');
    await putMulticall3(anvil);
    await fund(anvil, token, payer.address, 5_000n);
    const payload = await sign(token);
    const call = { to: token.address, data: transferCalldata(payload, 'vrs'), from: relayer.address };
    const answer = await anvil.rpc('eth_simulateV1', [{ blockStateCalls: [{ calls: [call] }] }, 'latest']);
    expect(JSON.stringify(answer)).toContain('0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef');
    expect(await submit(token, payload)).toMatchObject({ status: 'success', logs: [] });
    expect(await balanceOf(anvil, token, payee)).toBe(0n);
  });
});

test('a plain transfer works on every fixture that wallets may show', async () => {
  for (const kind of ['FiatToken', 'GlueToken', 'PaxosToken'] as const) {
    const token = await put(kind);
    await fund(anvil, token, relayer.address, 5_000n);
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [payee, 7n] });
    const hash = await sendTransaction(anvil, { privateKey: relayer.privateKey, to: token.address, data });
    await vi.waitFor(async () => expect(await receiptOf(anvil, hash)).toMatchObject({ status: 'success' }));
    expect(await balanceOf(anvil, token, payee)).toBe(7n);
  }
});
