/** A chain to play on: Base Sepolia's id and tokens on loopback, with three parties whose keys are fresh. */
import { type Anvil, startAnvil } from './anvil.ts';
import { putMulticall3, putPermit2 } from './contract.ts';
import { fund, putToken, type TokenFixture } from './token.ts';
import { newWallet, type Wallet } from './wallet.ts';

export type SandboxChain = {
  readonly anvil: Anvil;
  readonly chainId: 84532;
  /** USDC at its Base Sepolia address. */
  readonly usdc: TokenFixture;
  /** GLUE's shape at its Base Sepolia address. */
  readonly glue: TokenFixture;
  /** Pays for gas: 10 native coins, no tokens. */
  readonly facilitator: Wallet;
  /** Has nothing yet. */
  readonly seller: Wallet;
  /** 1,000 USDC and 1,000 GLUE, and no native coin: buyers need none. */
  readonly buyer: Wallet;
  stop(): Promise<void>;
};

export const BASE_SEPOLIA = 84532;

export const BASE_SEPOLIA_USDC: TokenFixture = {
  kind: 'FiatToken',
  address: '0x036CbD53842c5426634e7929541eC2318f3dCF7e',
  name: 'USDC',
  version: '2',
  symbol: 'USDC',
  decimals: 6,
};

export const BASE_SEPOLIA_GLUE: TokenFixture = {
  kind: 'GlueToken',
  address: '0xfEe5CC33479E748f40F5F299Ff6494b23F88C425',
  name: 'Gasless Ultravioleta DAO Extended Token',
  version: '1',
  symbol: 'GLUE',
  decimals: 6,
};

const PURSE = 1_000_000_000n;
const GAS_MONEY = 10n * 10n ** 18n;

/** Starts the chain with a block each second, tokens, Multicall3 and Permit2 in place. `port`: any free one unless given. */
export async function startSandboxChain(options: { readonly port?: number } = {}): Promise<SandboxChain> {
  const anvil = await startAnvil({ chainId: BASE_SEPOLIA, blockTime: 1, wallets: 0, detached: true, ...options });
  const [facilitator, seller, buyer] = [newWallet(), newWallet(), newWallet()];
  try {
    const [usdc, glue] = await Promise.all([putToken(anvil, BASE_SEPOLIA_USDC), putToken(anvil, BASE_SEPOLIA_GLUE)]);
    await Promise.all([
      putMulticall3(anvil),
      putPermit2(anvil),
      anvil.setBalance(facilitator.address, GAS_MONEY),
      fund(anvil, usdc, buyer.address, PURSE),
      fund(anvil, glue, buyer.address, PURSE),
    ]);
    return { anvil, chainId: BASE_SEPOLIA, usdc, glue, facilitator, seller, buyer, stop: anvil.stop };
  } catch (fault) {
    await anvil.stop();
    throw fault;
  }
}
