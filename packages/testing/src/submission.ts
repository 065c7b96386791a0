/** Carries an authorization to the chain as anybody may: the calldata, and a transaction from a key of one's own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Address, encodeFunctionData, type Hex, parseAbi, parseSignature } from 'viem';
import { privateKeyToAddress, signTransaction } from 'viem/accounts';
import type { Anvil } from './anvil.ts';
import type { AuthorizationPayload } from './authorization.ts';
import { hex } from './hex.ts';

const ABI = parseAbi([
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, uint8 v, bytes32 r, bytes32 s)',
  'function transferWithAuthorization(address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce, bytes signature)',
]);

/** Calldata of transferWithAuthorization. `vrs` needs a 65-byte signature. */
export function transferCalldata({ authorization, signature }: AuthorizationPayload, overload: 'vrs' | 'bytes'): Hex {
  const { from, to, nonce } = authorization;
  const [value, validAfter, validBefore] = [
    BigInt(authorization.value),
    BigInt(authorization.validAfter),
    BigInt(authorization.validBefore),
  ];
  const functionName = 'transferWithAuthorization';
  if (overload === 'bytes') {
    const args = [from, to, value, validAfter, validBefore, nonce, signature] as const;
    return encodeFunctionData({ abi: ABI, functionName, args });
  }
  const { r, s, yParity } = parseSignature(signature);
  const args = [from, to, value, validAfter, validBefore, nonce, 27 + yParity, r, s] as const;
  return encodeFunctionData({ abi: ABI, functionName, args });
}

const GWEI = 10n ** 9n;

export type Transaction = {
  /** Pays the gas. */
  readonly privateKey: Hex;
  readonly to: Address;
  readonly data: Hex;
  /** Wei; 0 unless given. */
  readonly value?: bigint;
  /** 1,000,000 unless given. */
  readonly gas?: bigint;
  /** Wei per gas; twice the base fee and one gwei unless given. */
  readonly gasPrice?: bigint;
};

/** Signs a transaction with legacy fees and hands it to the node without asking whether it will succeed. Answers its hash. */
export async function sendTransaction(chain: Pick<Anvil, 'rpc' | 'chainId'>, wanted: Transaction): Promise<Hex> {
  const { privateKey, to, data, value = 0n, gas = 1_000_000n } = wanted;
  const [count, latest] = await Promise.all([
    chain.rpc('eth_getTransactionCount', [privateKeyToAddress(privateKey), 'pending']),
    chain.rpc('eth_getBlockByNumber', ['latest', false]),
  ]);
  const bytes = await signTransaction({
    privateKey,
    transaction: {
      type: 'legacy',
      chainId: chain.chainId,
      nonce: Number(hex(count)),
      // Not from eth_gasPrice, which follows what was paid before: doubling it would double it for ever.
      gasPrice: wanted.gasPrice ?? baseFee(latest) * 2n + GWEI,
      gas,
      to,
      data,
      value,
    },
  });
  return hex(await chain.rpc('eth_sendRawTransaction', [bytes]));
}

/** Wei per gas; 0 on chains that have no base fee. */
function baseFee(block: unknown): bigint {
  const fee = typeof block === 'object' && block !== null && 'baseFeePerGas' in block ? block.baseFeePerGas : '0x0';
  return BigInt(hex(fee));
}

export type Receipt = {
  readonly status: 'success' | 'reverted';
  readonly gasUsed: bigint;
  readonly blockNumber: bigint;
  readonly logs: readonly { readonly address: Address; readonly topics: readonly Hex[]; readonly data: Hex }[];
};

/** The receipt of a mined transaction; undefined while there is none. */
export async function receiptOf(chain: Pick<Anvil, 'rpc'>, hash: Hex): Promise<Receipt | undefined> {
  const answer = await chain.rpc('eth_getTransactionReceipt', [hash]);
  if (!isReceipt(answer)) return undefined;
  const { status, gasUsed, blockNumber, logs } = answer;
  return {
    status: BigInt(status) === 1n ? 'success' : 'reverted',
    gasUsed: BigInt(gasUsed),
    blockNumber: BigInt(blockNumber),
    logs,
  };
}

const MINED_WITHIN_MS = 30_000;

/** Waits for a transaction's receipt. Rejects when it is not mined within half a minute. */
export async function minedReceipt(chain: Pick<Anvil, 'rpc'>, hash: Hex): Promise<Receipt> {
  const deadline = performance.now() + MINED_WITHIN_MS;
  while (performance.now() < deadline) {
    const receipt = await receiptOf(chain, hash);
    if (receipt !== undefined) return receipt;
    await sleep(10);
  }
  throw new Error(`${hash} is not mined`);
}

type WireReceipt = Pick<Receipt, 'logs'> & Readonly<Record<'status' | 'gasUsed' | 'blockNumber', Hex>>;

function isReceipt(answer: unknown): answer is WireReceipt {
  return typeof answer === 'object' && answer !== null && 'status' in answer;
}
