import { type Address, decodeFunctionResult, encodeFunctionData, type Hex, multicall3Abi, parseAbi, toHex } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Anvil, startAnvil } from './anvil.ts';
import { MULTICALL3_ADDRESS, putMulticall3, someAddress } from './contract.ts';
import { hex } from './hex.ts';
import { minedReceipt, sendTransaction } from './submission.ts';
import { newWallet, type Wallet } from './wallet.ts';

let anvil: Anvil;
let spender: Wallet;
/** Reverts whatever it is asked. */
const BARE = someAddress();

beforeAll(async () => {
  anvil = await startAnvil({ chainId: 84532 });
  spender = anvil.accounts[0] ?? newWallet();
  await Promise.all([putMulticall3(anvil), anvil.rpc('anvil_setCode', [BARE, '0x60006000fd'])]);
});
afterAll(() => anvil.stop());

const call = async (to: Address, data: Hex, more: { readonly from?: Address; readonly value?: Hex } = {}) =>
  hex(await anvil.rpc('eth_call', [{ to, data, ...more }, 'latest']));

const inner = encodeFunctionData({ abi: multicall3Abi, functionName: 'getCurrentBlockTimestamp' });
const reverting = { target: BARE, callData: '0xdeadbeef' } as const;
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
  expect(await minedReceipt(anvil, hash)).toMatchObject({ status: 'success' });
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
