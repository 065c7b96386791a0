/** A real chain with tokens, wallets and a counting proxy, and the chain under test in front of it. */
import type { Clock, Decoded, Verdict } from '@facilitator/engine';
import {
  createNetworks,
  type EvmNetwork,
  type EvmToken,
  type Payment,
  type TransferEvent,
} from '@facilitator/protocol';
import {
  type Anvil,
  type AnvilOptions,
  BASE_SEPOLIA_GLUE,
  BASE_SEPOLIA_USDC,
  type CountingProxy,
  countingProxy,
  fund,
  newWallet,
  putMulticall3,
  putToken,
  signAuthorization,
  startAnvil,
  type TokenFixture,
  type Wallet,
} from '@facilitator/testing';
import { type EvmAuthorization, type EvmChain, type EvmPolicy, evmChain, jsonRpc, localSigner } from '../src/index.ts';
import { realClock } from './clock.ts';
import { paymentOf, type ToPay } from './payment.ts';

export const USDC = BASE_SEPOLIA_USDC;
export const GLUE = BASE_SEPOLIA_GLUE;
export const PURSE = 1_000_000n;

/** A network of the registry. */
export function registered(name: string): EvmNetwork {
  const network = createNetworks().resolve(name);
  if (network?.family !== 'evm') throw new Error(`${name} is not an EVM network`);
  return network;
}

/** A token of the registry's shape for a fixture it does not know. */
export function tokenLike(
  fixture: TokenFixture,
  overloads: 'both' | 'vrs' = 'both',
  transferEvent: TransferEvent = 'after',
): EvmToken {
  const { symbol, address, decimals, name, version } = fixture;
  const transfer = { method: 'eip3009', overloads, transferEvent } as const;
  return {
    symbol,
    address: address as `0x${string}`,
    decimals,
    transfer,
    domain: { name, version },
    domainVerified: true,
  };
}

export type Stage = {
  readonly anvil: Anvil;
  readonly proxy: CountingProxy;
  readonly network: EvmNetwork;
  readonly chain: EvmChain;
  readonly operator: Wallet;
  readonly seller: Wallet;
  /** Another chain object over the same node: other policy, other clock, other tokens. */
  another(changed: StageChanges): EvmChain;
  /** A payer with `PURSE` of USDC and GLUE. */
  payer(): Promise<Wallet>;
  /** A signed payment of USDC to the seller unless said otherwise. */
  pay(payer: Wallet, wanted?: Partial<ToPay>): Promise<Payment>;
  stop(): Promise<void>;
};

export type StageChanges = {
  readonly policy?: Partial<EvmPolicy>;
  readonly clock?: Clock;
  readonly tokens?: readonly EvmToken[];
  readonly network?: Partial<EvmNetwork>;
  readonly url?: string;
};

export async function setStage(options: Partial<AnvilOptions> & StageChanges = {}): Promise<Stage> {
  const { policy, clock, tokens, network: changed, url: _, ...chainOptions } = options;
  const anvil = await startAnvil({ chainId: 84532, ...chainOptions });
  const proxy = await countingProxy(anvil.url);
  await Promise.all([putMulticall3(anvil), putToken(anvil, USDC), putToken(anvil, GLUE)]);
  const operator = firstOf(anvil.accounts);
  const seller = newWallet();
  const network: EvmNetwork = { ...registered('base-sepolia'), ...changed };
  const rpcs: { close(): Promise<void> }[] = [];

  function another(changes: StageChanges): EvmChain {
    const clockUsed = changes.clock ?? realClock;
    const rpc = jsonRpc({ url: changes.url ?? proxy.url, clock: realClock });
    rpcs.push(rpc);
    const known: EvmNetwork = { ...network, ...changes.network, tokens: changes.tokens ?? network.tokens };
    return evmChain({
      network: known,
      rpc,
      signers: [localSigner(operator.privateKey)],
      clock: clockUsed,
      ...(changes.policy && { policy: changes.policy }),
    });
  }

  const chain = another({ ...(policy && { policy }), ...(clock && { clock }), ...(tokens && { tokens }) });
  const opening = await chain.open();
  if (opening.status !== 'open') throw new Error(opening.reason);
  return {
    anvil,
    proxy,
    network,
    chain,
    operator,
    seller,
    another,
    async payer() {
      const wallet = newWallet();
      await Promise.all([fund(anvil, USDC, wallet.address, PURSE), fund(anvil, GLUE, wallet.address, PURSE)]);
      return wallet;
    },
    async pay({ privateKey }, wanted = {}) {
      const toPay: ToPay = {
        privateKey,
        chainId: anvil.chainId,
        token: USDC,
        to: seller.address,
        value: 1_000n,
        ...wanted,
      };
      return paymentOf(await signAuthorization(toPay), toPay);
    },
    async stop() {
      await Promise.all(rpcs.map((rpc) => rpc.close()));
      await proxy.stop();
      await anvil.stop();
    },
  };
}

function firstOf(wallets: readonly Wallet[]): Wallet {
  const [first] = wallets;
  if (first === undefined) throw new Error('anvil made no accounts');
  return first;
}

/** The authorization of a payment that must decode. */
export function decoded(result: Decoded<EvmAuthorization>): EvmAuthorization {
  if (result.status !== 'authorization') throw new Error(`${result.reason}: ${result.message}`);
  return result.authorization;
}

/** What decides about a payment first: decoding, the clock, or the chain. */
export async function verdictOf(chain: EvmChain, payment: Payment): Promise<Verdict> {
  const result = chain.decode(payment);
  if (result.status === 'refused') return result;
  const late = chain.untimely(result.authorization, realClock.now());
  if (late !== undefined) return late;
  const [verdict] = await chain.verify([result.authorization]);
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
}
