/** The chain of these tests: Base Sepolia's id and tokens on loopback, and what can be read off it afterwards. */
import {
  type Anvil,
  type AnvilOptions,
  BASE_SEPOLIA,
  BASE_SEPOLIA_GLUE,
  BASE_SEPOLIA_USDC,
  putMulticall3,
  putToken,
  startAnvil,
  type TokenFixture,
} from '@facilitator/testing';
import { type Address, type Hex, hexToBigInt, keccak256, pad, toBytes } from 'viem';

export const USDC: TokenFixture = BASE_SEPOLIA_USDC;
export const GLUE: TokenFixture = BASE_SEPOLIA_GLUE;
export const CHAIN_ID: number = BASE_SEPOLIA;

const TRANSFER = keccak256(toBytes('Transfer(address,address,uint256)'));

/** A chain with USDC, GLUE and Multicall3. A block per transaction unless `blockTime` (seconds) is given. */
export async function startChain(options: Pick<AnvilOptions, 'blockTime' | 'detached'> = {}): Promise<Anvil> {
  const anvil = await startAnvil({ chainId: CHAIN_ID, ...options });
  await Promise.all([putMulticall3(anvil), putToken(anvil, USDC), putToken(anvil, GLUE)]);
  return anvil;
}

/** What a signer has spent so far: transactions, and wei. */
export type Spent = { readonly nonce: bigint; readonly wei: bigint };

export async function purseOf({ rpc }: Pick<Anvil, 'rpc'>, signer: Address): Promise<Spent> {
  const [nonce, wei] = await Promise.all([
    rpc('eth_getTransactionCount', [signer, 'pending']),
    rpc('eth_getBalance', [signer, 'latest']),
  ]);
  return { nonce: hexToBigInt(nonce as Hex), wei: hexToBigInt(wei as Hex) };
}

/** Hashes of the transactions that moved this token to the payee, one for each transfer. */
export async function transfersTo(
  { rpc }: Pick<Anvil, 'rpc'>,
  token: Address,
  payee: Address,
): Promise<readonly Hex[]> {
  const topics = [TRANSFER, null, pad(payee, { size: 32 })];
  const logs = await rpc('eth_getLogs', [{ address: token, fromBlock: '0x0', toBlock: 'latest', topics }]);
  return (logs as readonly { readonly transactionHash: Hex }[]).map(({ transactionHash }) => transactionHash);
}
