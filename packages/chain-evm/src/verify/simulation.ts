/** eth_call to Multicall3 with looks at payments in it, and what the chain says of itself beside them. */
import type { Verdict } from '@facilitator/engine';
import { decodeAggregate3, encodeAggregate3, type Result } from '../abi/aggregate3.ts';
import { plainCall } from '../abi/calls.ts';
import { readUint } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import type { Hex } from '../hash/hex.ts';
import { bytesIn, failureOf } from '../rpc/answers.ts';
import type { RpcAnswer, RpcCall } from '../rpc/rpc.ts';
import type { Look } from './look.ts';

/** The node could not be asked, or answers what proves nothing. */
export type Unavailable = Extract<Verdict, { status: 'unavailable' }>;

export type Simulation = { readonly call: RpcCall; read(answer: RpcAnswer | undefined): Simulated };

export type Simulated =
  | {
      readonly status: 'simulated';
      /** Results of each look, in order. */
      readonly results: readonly (readonly Result[])[];
      /** Time of the block that was simulated on. */
      readonly time: bigint;
      /** Wei per gas; undefined when the chain has none, or when the node hides it from calls, as geth does. */
      readonly baseFee: bigint | undefined;
    }
  /** The whole call failed in the EVM. */
  | { readonly status: 'failed'; readonly outOfGas: boolean; readonly message: string }
  | Unavailable;

export type SimulationOptions = {
  readonly multicall3: Hex;
  /** Who would send it. */
  readonly caller: Hex;
  /** BASEFEE is an invalid instruction where there is no base fee, and would burn nearly all gas. */
  readonly baseFee: boolean;
  /** Ceiling for the whole call; the node's own when absent. */
  readonly gas?: bigint;
  /** The block to simulate on; a node that has not got it answers with an error. The latest when absent. */
  readonly block?: bigint;
  /** Pretends that the block has this time. */
  readonly time?: bigint;
};

const TIME = plainCall('getCurrentBlockTimestamp()');
const BASE_FEE = plainCall('getBasefee()');
const OUT_OF_GAS = /out ?of ?gas|gas required exceeds/i;
/** Less gas than the bytes of the call need: said before anything runs, in the words of each client. */
const TOO_LONG = /intrinsic gas|gas floor|floor data gas|call gas cost .* exceeds the gas limit/i;
const EXECUTION = /revert|invalid opcode|invalid jump|evm error|vm execution error/i;
/** A node that gave up is busy, whoever's code it was running. */
const GAVE_UP = /time(?:d )?-?out|aborted/i;

export function simulate(looks: readonly Pick<Look, 'calls'>[], options: SimulationOptions): Simulation {
  const { multicall3, caller, gas, time, block } = options;
  const asked = [TIME, ...(options.baseFee ? [BASE_FEE] : [])];
  const calls = [
    ...asked.map((data) => ({ target: multicall3, mayFail: true, data })),
    ...looks.flatMap((look) => look.calls),
  ];
  const transaction = {
    from: caller,
    to: multicall3,
    data: encodeAggregate3(calls),
    ...(gas === undefined ? {} : { gas: `0x${gas.toString(16)}` }),
  };
  // State overrides stand between the block and the block overrides.
  const overrides = time === undefined ? [] : [{}, { time: `0x${time.toString(16)}` }];
  return {
    call: {
      method: 'eth_call',
      params: [transaction, block === undefined ? 'latest' : `0x${block.toString(16)}`, ...overrides],
    },
    read(answer) {
      if (answer?.status === 'error') return readError(answer);
      const bytes = bytesIn(answer);
      if (bytes === undefined) return unavailable(answer);
      const results = decodeAggregate3(bytes, calls.length);
      const now = readUint(results?.[0]?.data ?? '');
      if (results === undefined || now === undefined) {
        return { status: 'unavailable', detail: 'Multicall3 did not answer as it should' };
      }
      const baseFee = options.baseFee ? readUint(results[1]?.data ?? '') : undefined;
      let next = asked.length;
      return {
        status: 'simulated',
        results: looks.map(({ calls: { length } }) => {
          next += length;
          return results.slice(next - length, next);
        }),
        time: now,
        baseFee: baseFee === 0n ? undefined : baseFee,
      };
    },
  };
}

/** An error is the payment's when the EVM stopped, and the node's when it is anything else. */
function readError(answer: Extract<RpcAnswer, { status: 'error' }>): Simulated {
  const { code, message } = answer;
  const outOfGas = OUT_OF_GAS.test(message) || TOO_LONG.test(message);
  if (code !== 3 && GAVE_UP.test(message)) return unavailable(answer);
  if (code === 3 || outOfGas || EXECUTION.test(message)) return { status: 'failed', outOfGas, message };
  return unavailable(answer);
}

/** What is known of a payment when this was the answer. */
export function unavailable(answer: RpcAnswer | undefined): Unavailable {
  const detail = failureOf(answer);
  return { status: 'unavailable', detail, ...(answer?.status === 'error' && { answered: true }) };
}

/**
 * Gas that looking costs beside the transfer: calldata, readings, Multicall3. Measured are 20,400 to 26,600; less than that
 * here, so that what passes a look also passes as a transaction.
 */
const OVERHEAD = 20_000n;

/** The gas a look at one payment may use, so that what passes here also passes as a transaction. */
export function gasFor(ceiling: bigint): bigint {
  return ceiling + OVERHEAD;
}

/** The account whose code decides whether a signature is a contract's to judge. */
export function codeCall({ transfer }: EvmAuthorization): RpcCall {
  return { method: 'eth_getCode', params: [transfer.from, 'latest'] };
}
