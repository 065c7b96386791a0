/** One EVM network behind the engine's port: scheme `exact` with EIP-3009. */
import type { Chain, Clock, Signer } from '@facilitator/engine';
import type { EvmNetwork } from '@facilitator/protocol';
import { type EvmAuthorization, recall, stow } from './authorization.ts';
import { balances } from './balances.ts';
import { broadcast } from './broadcast/broadcast.ts';
import { decode, untimely } from './decode/decode.ts';
import { createDataFees } from './fees/data-fees.ts';
import { createFeeBook } from './fees/fee-book.ts';
import { createLimits } from './fees/limits.ts';
import { type Hex, lowerAddress } from './hash/hex.ts';
import { createBlockClock } from './observe/block-clock.ts';
import { createBlockWatch } from './observe/block-watch.ts';
import { locate } from './observe/locate.ts';
import { createMarkSearch } from './observe/mark-search.ts';
import { observe } from './observe/observe.ts';
import { standing } from './observe/standing.ts';
import { createSuspicions } from './observe/suspicion.ts';
import { open } from './open/open.ts';
import { defaultPolicy, type EvmPolicy } from './policy.ts';
import { failureOf, quantityIn } from './rpc/answers.ts';
import type { Rpc } from './rpc/rpc.ts';
import { createSigning } from './sign/signing.ts';
import { type KnownToken, tokenBook } from './tokens.ts';
import { createCodes } from './verify/codes.ts';
import { explain } from './verify/explain.ts';
import { createPayerLook } from './verify/payer-look.ts';
import { verify } from './verify/verify.ts';

export type EvmChainOptions = {
  readonly network: EvmNetwork;
  readonly rpc: Rpc;
  /** Each is a lane of its own. Without any, payments can be verified and not settled. */
  readonly signers: readonly Signer[];
  readonly clock: Clock;
  /** Overrides of `defaultPolicy(network)`. */
  readonly policy?: Partial<EvmPolicy>;
};

/** A token as the server shows it. */
export type ServedToken = Pick<KnownToken, 'symbol' | 'decimals'> & {
  readonly address: string;
  /** The EIP-712 domain that buyers sign under: `extra` of payment requirements. */
  readonly name: string;
  readonly version: string;
};

export type EvmChain = Chain<EvmAuthorization> & {
  /** Tokens that can be paid with now. May change with `open`. */
  served(): readonly ServedToken[];
};

const NOBODY: Hex = '0x0000000000000000000000000000000000000000';

export function evmChain({ network, rpc, signers, clock, ...given }: EvmChainOptions): EvmChain {
  const { chainId, blockMs, confirmation, caip2 } = network;
  const policy: EvmPolicy = { ...defaultPolicy(network), ...given.policy };
  const { gas, maxFeePerGas, maxTipPerGas, lookBackBlocks } = policy;
  const multicall3 = address(network.multicall3);
  const lowerSigners = signers.map((signer) => address(signer.address));
  // Simulated from where it will be sent, so that a token sees the same sender.
  const caller = lowerSigners[0] ?? NOBODY;

  const tokens = tokenBook(chainId, network.tokens);
  const isServed = ({ token }: EvmAuthorization) => tokens.isServed(token);
  const codes = createCodes(clock);
  const payers = createPayerLook({ rpc, clock, codes, caller });
  const suspicions = createSuspicions(clock, blockMs);
  const fees = createFeeBook({ rpc, clock, type: network.fees, blockMs, maxFeePerGas, maxTipPerGas });
  const dataFees = createDataFees(clock);
  const limits = createLimits({ policy, fees, dataFees });
  const baseFee = network.fees === 'eip1559';
  const onBaseFee = (wei: bigint) => fees.learn(wei, 'told');
  // Who only verifies needs no fees.
  const alsoAsk = () => (signers.length === 0 ? [] : fees.due());
  const blocks = createBlockClock(clock, blockMs);
  let blockGas: bigint | undefined;
  const onBlockGas = (told: bigint) => {
    blockGas = told;
  };

  const decodeOptions = {
    ...{ chainId, tokens, anyAsset: policy.anyAsset, multicall3, gas },
    factories: new Set(policy.factories.map((factory) => factory.toLowerCase())),
  };
  const verifyOptions = {
    chainId,
    multicall3,
    caller,
    baseFee,
    policy,
    clock,
    codes,
    payers,
    onBaseFee,
    onBlockTime: blocks.saw,
    rpc,
    isServed,
    alsoAsk,
  };
  const openOptions = {
    ...{ rpc, chainId, multicall3, tokens, signers: lowerSigners, baseFee, onBaseFee, onBlockGas },
    onDataFee: (wei: bigint) => dataFees.learn(wei, 1),
  };
  const signing = createSigning({
    ...{ chainId, multicall3, gas, signers, fees, limits, policy },
    blockGas: () => blockGas,
  });
  const watch = createBlockWatch({ rpc, signers: lowerSigners, onBlockTime: blocks.saw });
  const sideOf = tokens.transferEvent;
  const observeOptions = { rpc, confirmation, blockMs, suspicions, watch, sideOf, onDataFee: dataFees.learn };
  const search = createMarkSearch(rpc, clock);
  const locateOptions = { rpc, multicall3, caller, confirmation, blockMs, lookBackBlocks, sideOf, search };

  return {
    network: caip2,
    signers: signers.map((signer) => signer.address),
    blockMs,
    reorgDepth: policy.reorgDepth,
    rhythm: blocks.rhythm,
    served: () => tokens.served().flatMap(asServed),
    open: () => open({ ...openOptions, alsoAsk: alsoAsk() }),
    decode: (payment) => decode(payment, decodeOptions),
    untimely: (authorization, now) => untimely(authorization, now, policy.marginSeconds),
    stow,
    recall: (stored) => recall(stored, chainId),
    verify: (batch) => verify(batch, verifyOptions),
    explain: (authorization, block) => explain(authorization, block, verifyOptions),
    async floor(signer) {
      const [answer] = await rpc.ask([{ method: 'eth_getTransactionCount', params: [signer, 'pending'] }]);
      const count = quantityIn(answer);
      if (count === undefined) throw new Error(`the transaction count of ${signer} is not known: ${failureOf(answer)}`);
      return count;
    },
    balances: () => balances(rpc, lowerSigners, alsoAsk()),
    ...limits,
    capacity: signing.capacity,
    deploys: ({ signature }) => signature.form === 'undeployed',
    // Tokens ask an account that has code, also when its key signed, and that code may burn the gas of all.
    groupable: (authorization) =>
      authorization.signature.form === 'key' &&
      isServed(authorization) &&
      payers.isCodeless(authorization.transfer.from),
    sign: signing.sign,
    replace: signing.replace,
    broadcast: (attempt) => broadcast(rpc, attempt),
    observe: (attempts, items) => observe(attempts, items, observeOptions),
    standing: (blocks) => standing(blocks, { rpc, reorgDepth: policy.reorgDepth }),
    locate: (authorization) => locate(authorization, locateOptions),
  };
}

function asServed({ symbol, decimals, spelling, domain }: KnownToken): readonly ServedToken[] {
  return domain === undefined ? [] : [{ symbol, decimals, address: spelling, ...domain }];
}

function address(text: string): Hex {
  const found = lowerAddress(text);
  if (found === undefined) throw new Error(`${text} is not an address`);
  return found;
}
