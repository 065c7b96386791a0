import {
  type Address,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeErrorResult,
  encodeFunctionData,
  type Hex,
  hashDomain,
  keccak256,
  multicall3Abi,
  parseAbi,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  stringToHex,
  toHex,
} from 'viem';
import { signTypedData } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { randomNonce } from './authorization.ts';
import { MULTICALL3_ADDRESS, PERMIT2_ADDRESS, putMulticall3, putPermit2, setText, someAddress } from './contract.ts';
import { hex } from './hex.ts';
import { RefusedCall } from './rpc.ts';
import { BASE_SEPOLIA_USDC } from './sandbox-chain.ts';
import { putWallet } from './smart-wallet.ts';
import { receiptOf, sendTransaction } from './submission.ts';
import { balanceOf, fund, putToken, setAllowance } from './token.ts';
import { newWallet, type Wallet } from './wallet.ts';

const usdc = BASE_SEPOLIA_USDC;
let anvil: Anvil;
let spender: Wallet;

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  spender = anvil.accounts[0] ?? newWallet();
  await Promise.all([putToken(anvil, usdc), putMulticall3(anvil), putPermit2(anvil)]);
});
afterAll(() => anvil.stop());

const call = async (to: Address, data: Hex, more: { readonly from?: Address; readonly value?: Hex } = {}) =>
  hex(await anvil.rpc('eth_call', [{ to, data, ...more }, 'latest']));

/** The revert data of a call. */
async function refusal(to: Address, data: Hex, from: Address): Promise<unknown> {
  try {
    return await call(to, data, { from });
  } catch (fault) {
    if (fault instanceof RefusedCall) return fault.data;
    throw fault;
  }
}

describe('Multicall3', () => {
  const inner = encodeFunctionData({ abi: multicall3Abi, functionName: 'getCurrentBlockTimestamp' });
  const reverting = { target: usdc.address, callData: '0xdeadbeef' } as const;
  const abi = parseAbi([
    'struct Call { address target; bytes callData; }',
    'struct Call3Value { address target; bool allowFailure; uint256 value; bytes callData; }',
    'struct Result { bool success; bytes returnData; }',
    'function aggregate(Call[] calls) payable returns (uint256 blockNumber, bytes[] returnData)',
    'function tryAggregate(bool requireSuccess, Call[] calls) payable returns (Result[] returnData)',
    'function blockAndAggregate(Call[] calls) payable returns (uint256 blockNumber, bytes32 blockHash, Result[] returnData)',
    'function tryBlockAndAggregate(bool requireSuccess, Call[] calls) payable returns (uint256 blockNumber, bytes32 blockHash, Result[] returnData)',
    'function aggregate3Value(Call3Value[] calls) payable returns (Result[] returnData)',
    'function getBlockNumber() view returns (uint256)',
    'function getBlockHash(uint256) view returns (bytes32)',
    'function getLastBlockHash() view returns (bytes32)',
    'function getBasefee() view returns (uint256)',
    'function getChainId() view returns (uint256)',
    'function getCurrentBlockGasLimit() view returns (uint256)',
    'function getCurrentBlockCoinbase() view returns (address)',
    'function getCurrentBlockDifficulty() view returns (uint256)',
  ]);

  test('aggregate3 keeps the order and reports each failure on its own', async () => {
    const data = encodeFunctionData({
      abi: multicall3Abi,
      functionName: 'aggregate3',
      args: [
        [
          { target: MULTICALL3_ADDRESS, allowFailure: false, callData: inner },
          { ...reverting, allowFailure: true },
          { target: MULTICALL3_ADDRESS, allowFailure: false, callData: inner },
        ],
      ],
    });
    const answer = decodeFunctionResult({
      abi: multicall3Abi,
      functionName: 'aggregate3',
      data: await call(MULTICALL3_ADDRESS, data),
    });
    expect(answer.map(({ success }) => success)).toEqual([true, false, true]);
    expect(answer[1]?.returnData).toBe('0x');
    expect(BigInt(answer[0]?.returnData ?? 0)).toBeGreaterThan(1_700_000_000n);
  });

  test('a failure that is not allowed reverts everything with the known text', async () => {
    const calls = [{ ...reverting, allowFailure: false }];
    const data = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [calls] });
    await expect(call(MULTICALL3_ADDRESS, data)).rejects.toThrow('Multicall3: call failed');
    for (const functionName of ['aggregate', 'blockAndAggregate'] as const) {
      const old = encodeFunctionData({ abi, functionName, args: [[reverting]] });
      await expect(call(MULTICALL3_ADDRESS, old)).rejects.toThrow('Multicall3: call failed');
    }
    const values = [{ ...reverting, allowFailure: false, value: 0n }];
    const valued = encodeFunctionData({ abi, functionName: 'aggregate3Value', args: [values] });
    await expect(call(MULTICALL3_ADDRESS, valued)).rejects.toThrow('Multicall3: call failed');
  });

  test('the older functions', async () => {
    const calls = [{ target: MULTICALL3_ADDRESS, callData: inner }, reverting];
    const allowed = encodeFunctionData({ abi, functionName: 'tryAggregate', args: [false, calls] });
    expect(
      decodeFunctionResult({ abi, functionName: 'tryAggregate', data: await call(MULTICALL3_ADDRESS, allowed) }),
    ).toMatchObject([{ success: true }, { success: false, returnData: '0x' }]);
    const blocked = encodeFunctionData({ abi, functionName: 'tryBlockAndAggregate', args: [false, calls] });
    const [number, , results] = decodeFunctionResult({
      abi,
      functionName: 'tryBlockAndAggregate',
      data: await call(MULTICALL3_ADDRESS, blocked),
    });
    expect(number).toBeGreaterThan(0n);
    expect(results).toHaveLength(2);
    const strict = encodeFunctionData({ abi, functionName: 'aggregate', args: [calls.slice(0, 1)] });
    const [, data] = decodeFunctionResult({
      abi,
      functionName: 'aggregate',
      data: await call(MULTICALL3_ADDRESS, strict),
    });
    expect(data).toHaveLength(1);
  });

  test('aggregate3Value sends what it was given, and insists on all of it', async () => {
    const target = someAddress();
    const calls = [{ target, allowFailure: false, value: 5n, callData: '0x' }] as const;
    const data = encodeFunctionData({ abi, functionName: 'aggregate3Value', args: [calls] });
    await expect(call(MULTICALL3_ADDRESS, data, { from: spender.address, value: '0x6' })).rejects.toThrow(
      'Multicall3: value mismatch',
    );
    const { privateKey } = spender;
    const hash = await sendTransaction(anvil, { privateKey, to: MULTICALL3_ADDRESS, data, value: 5n });
    await vi.waitFor(async () => expect(await receiptOf(anvil, hash)).toMatchObject({ status: 'success' }));
    const balance = encodeFunctionData({ abi: multicall3Abi, functionName: 'getEthBalance', args: [target] });
    expect(BigInt(await call(MULTICALL3_ADDRESS, balance))).toBe(5n);
  });

  test('the block’s own facts', async () => {
    await anvil.pauseMining();
    try {
      const [block, parent] = await Promise.all([
        anvil.rpc('eth_getBlockByNumber', ['latest', false]),
        anvil.rpc('eth_blockNumber').then((at) => anvil.rpc('eth_getBlockByNumber', [toHex(Number(at) - 1), false])),
      ]);
      const latest = block as Record<string, Hex>;
      const asked = async (functionName: 'getBlockNumber' | 'getBasefee' | 'getChainId' | 'getCurrentBlockGasLimit') =>
        BigInt(await call(MULTICALL3_ADDRESS, encodeFunctionData({ abi, functionName })));
      expect(await asked('getBlockNumber')).toBe(BigInt(latest['number'] ?? 0));
      expect(await asked('getBasefee')).toBe(BigInt(latest['baseFeePerGas'] ?? 0));
      expect(await asked('getCurrentBlockGasLimit')).toBe(BigInt(latest['gasLimit'] ?? 0));
      expect(await asked('getChainId')).toBe(84532n);
      expect(await call(MULTICALL3_ADDRESS, encodeFunctionData({ abi, functionName: 'getLastBlockHash' }))).toBe(
        (parent as Record<string, Hex>)['hash'],
      );
    } finally {
      await anvil.resumeMining();
    }
  });

  test('a call that burns its gas leaves one 64th for the rest', async () => {
    // INVALID: takes all the gas it is given.
    const burner = someAddress();
    await anvil.rpc('anvil_setCode', [burner, '0xfe']);
    const calls = [
      { target: burner, allowFailure: true, callData: '0x' },
      { target: MULTICALL3_ADDRESS, allowFailure: true, callData: inner },
    ] as const;
    const data = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [calls] });
    const run = async (gas: bigint) =>
      decodeFunctionResult({
        abi: multicall3Abi,
        functionName: 'aggregate3',
        data: hex(await anvil.rpc('eth_call', [{ to: MULTICALL3_ADDRESS, data, gas: toHex(gas) }, 'latest'])),
      }).map(({ success }) => success);
    expect(await run(3_000_000n)).toEqual([false, true]);
    await expect(run(60_000n)).rejects.toThrow();
  });
});

describe('Permit2', () => {
  const PERMIT = [
    { name: 'permitted', type: 'TokenPermissions' },
    { name: 'spender', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ] as const;
  const TOKEN_PERMISSIONS = [
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint256' },
  ] as const;
  const abi = parseAbi([
    'struct TokenPermissions { address token; uint256 amount; }',
    'struct PermitTransferFrom { TokenPermissions permitted; uint256 nonce; uint256 deadline; }',
    'struct SignatureTransferDetails { address to; uint256 requestedAmount; }',
    'function DOMAIN_SEPARATOR() view returns (bytes32)',
    'function nonceBitmap(address, uint256) view returns (uint256)',
    'function invalidateUnorderedNonces(uint256 wordPos, uint256 mask)',
    'function permitTransferFrom(PermitTransferFrom permit, SignatureTransferDetails transferDetails, address owner, bytes signature)',
    'function permitWitnessTransferFrom(PermitTransferFrom permit, SignatureTransferDetails transferDetails, address owner, bytes32 witness, string witnessTypeString, bytes signature)',
    'error InvalidNonce()',
    'error InvalidSigner()',
    'error InvalidContractSignature()',
    'error InvalidSignatureLength()',
    'error InvalidAmount(uint256 maxAmount)',
    'error SignatureExpired(uint256 signatureDeadline)',
  ]);
  const domain = { name: 'Permit2', chainId: 84532, verifyingContract: PERMIT2_ADDRESS };

  async function prepare(owner: Address) {
    await Promise.all([fund(anvil, usdc, owner, 1_000n), setAllowance(anvil, usdc, owner, PERMIT2_ADDRESS, 10_000n)]);
  }

  async function transfer(
    signer: Wallet,
    change: { owner?: Address; to: Address; amount?: bigint; deadline?: bigint },
  ) {
    const nonce = BigInt(randomNonce());
    const { deadline = 2n ** 64n, amount = 1_000n, owner = signer.address, to } = change;
    const permitted = { token: usdc.address, amount: 1_000n };
    const signature = await signTypedData({
      privateKey: signer.privateKey,
      domain,
      types: { PermitTransferFrom: PERMIT, TokenPermissions: TOKEN_PERMISSIONS },
      primaryType: 'PermitTransferFrom',
      message: { permitted, spender: spender.address, nonce, deadline },
    });
    const encode = (form: Hex) =>
      encodeFunctionData({
        abi,
        functionName: 'permitTransferFrom',
        args: [{ permitted, nonce, deadline }, { to, requestedAmount: amount }, owner, form],
      });
    return { nonce, signature, encode, data: encode(signature) };
  }

  async function send(data: Hex) {
    const { privateKey } = spender;
    const hash = await sendTransaction(anvil, { privateKey, to: PERMIT2_ADDRESS, data });
    return vi.waitFor(async () => {
      const receipt = await receiptOf(anvil, hash);
      if (!receipt) throw new Error('not mined yet');
      return receipt.status;
    });
  }

  test('has the canonical domain', async () => {
    const data = encodeFunctionData({ abi, functionName: 'DOMAIN_SEPARATOR' });
    expect(await call(PERMIT2_ADDRESS, data)).toBe(
      hashDomain({
        domain: { ...domain, chainId: 84532n },
        types: {
          EIP712Domain: [
            { name: 'name', type: 'string' },
            { name: 'chainId', type: 'uint256' },
            { name: 'verifyingContract', type: 'address' },
          ],
        },
      }),
    );
  });

  test('moves once what the owner signed, for the spender that was named', async () => {
    const owner = newWallet();
    await prepare(owner.address);
    const to = someAddress();
    const { data, nonce } = await transfer(owner, { to });
    expect(await refusal(PERMIT2_ADDRESS, data, someAddress())).toBe(
      encodeErrorResult({ abi, errorName: 'InvalidSigner' }),
    );
    expect(await send(data)).toBe('success');
    expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
    const bitmap = encodeFunctionData({ abi, functionName: 'nonceBitmap', args: [owner.address, nonce >> 8n] });
    expect(BigInt(await call(PERMIT2_ADDRESS, bitmap))).toBe(1n << (nonce & 255n));
    expect(await refusal(PERMIT2_ADDRESS, data, spender.address)).toBe(
      encodeErrorResult({ abi, errorName: 'InvalidNonce' }),
    );
  });

  test('refuses with the canonical errors', async () => {
    const owner = newWallet();
    await prepare(owner.address);
    const to = someAddress();
    const over = await transfer(owner, { to, amount: 1_001n });
    expect(await refusal(PERMIT2_ADDRESS, over.data, spender.address)).toBe(
      encodeErrorResult({ abi, errorName: 'InvalidAmount', args: [1_000n] }),
    );
    const late = await transfer(owner, { to, deadline: 5n });
    expect(await refusal(PERMIT2_ADDRESS, late.data, spender.address)).toBe(
      encodeErrorResult({ abi, errorName: 'SignatureExpired', args: [5n] }),
    );
    const good = await transfer(owner, { to });
    expect(await refusal(PERMIT2_ADDRESS, good.encode('0x1234'), spender.address)).toBe(
      encodeErrorResult({ abi, errorName: 'InvalidSignatureLength' }),
    );
    await setAllowance(anvil, usdc, owner.address, PERMIT2_ADDRESS, 0n);
    await expect(call(PERMIT2_ADDRESS, good.data, { from: spender.address })).rejects.toThrow('TRANSFER_FROM_FAILED');
  });

  test('takes compact signatures', async () => {
    const owner = newWallet();
    await prepare(owner.address);
    const to = someAddress();
    const { encode, signature } = await transfer(owner, { to });
    const compact = serializeCompactSignature(signatureToCompactSignature(parseSignature(signature)));
    expect(compact).toHaveLength(2 + 64 * 2);
    expect(await send(encode(compact))).toBe('success');
    expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
  });

  test('asks owners with code by ERC-1271', async () => {
    const key = newWallet();
    const owner = await putWallet(anvil, 'Wallet1271', key.address);
    await prepare(owner);
    const to = someAddress();
    const forged = await transfer(newWallet(), { owner, to });
    expect(await refusal(PERMIT2_ADDRESS, forged.data, spender.address)).toBe(
      encodeErrorResult({ abi, errorName: 'InvalidContractSignature' }),
    );
    expect(await send((await transfer(key, { owner, to })).data)).toBe('success');
    expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
  });

  test('binds a witness', async () => {
    const owner = newWallet();
    await prepare(owner.address);
    const to = someAddress();
    const [nonce, deadline, permitted] = [9n, 2n ** 64n, { token: usdc.address, amount: 1_000n }];
    const signature = await signTypedData({
      privateKey: owner.privateKey,
      domain,
      types: {
        PermitWitnessTransferFrom: [...PERMIT, { name: 'witness', type: 'Witness' }],
        TokenPermissions: TOKEN_PERMISSIONS,
        Witness: [{ name: 'to', type: 'address' }],
      },
      primaryType: 'PermitWitnessTransferFrom',
      message: { permitted, spender: spender.address, nonce, deadline, witness: { to } },
    });
    const witness = (target: Address) =>
      keccak256(
        encodeAbiParameters(
          [{ type: 'bytes32' }, { type: 'address' }],
          [keccak256(stringToHex('Witness(address to)')), target],
        ),
      );
    const type = 'Witness witness)TokenPermissions(address token,uint256 amount)Witness(address to)';
    const data = (target: Address) =>
      encodeFunctionData({
        abi,
        functionName: 'permitWitnessTransferFrom',
        args: [
          { permitted, nonce, deadline },
          { to, requestedAmount: 1_000n },
          owner.address,
          witness(target),
          type,
          signature,
        ],
      });
    expect(await refusal(PERMIT2_ADDRESS, data(someAddress()), spender.address)).toBe(
      encodeErrorResult({ abi, errorName: 'InvalidSigner' }),
    );
    expect(await send(data(to))).toBe('success');
    expect(await balanceOf(anvil, usdc, to)).toBe(1_000n);
  });

  test('lets an owner give nonces up', async () => {
    const { address } = spender;
    const data = encodeFunctionData({ abi, functionName: 'invalidateUnorderedNonces', args: [3n, 5n] });
    expect(await send(data)).toBe('success');
    const bitmap = encodeFunctionData({ abi, functionName: 'nonceBitmap', args: [address, 3n] });
    expect(BigInt(await call(PERMIT2_ADDRESS, bitmap))).toBe(5n);
  });
});

test.each(['', 'a', 'x'.repeat(31), 'x'.repeat(32), 'y'.repeat(64), 'USD₮0', 'long '.repeat(40)])(
  'setText writes %j as Solidity would',
  async (text) => {
    const token = await putToken(anvil, { ...usdc, address: someAddress() });
    await setText(anvil, token.address, 4, text);
    const abi = parseAbi(['function name() view returns (string)']);
    const data = await call(token.address, encodeFunctionData({ abi, functionName: 'name' }));
    expect(decodeFunctionResult({ abi, functionName: 'name', data })).toBe(text);
  },
);
