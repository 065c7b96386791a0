/** What verification asks: payments in company, and payments alone. */
import type { Clock, Refusal } from '@facilitator/engine';
import { asDeployed, type EvmAuthorization } from '../authorization.ts';
import { planOf } from '../carry.ts';
import { whyNotKey } from '../decode/signature.ts';
import { authorizationDigest, domainSeparator } from '../decode/typed-data.ts';
import type { Hex } from '../hash/hex.ts';
import type { EvmPolicy } from '../policy.ts';
import { bytesIn } from '../rpc/answers.ts';
import type { Question, RpcAnswer } from '../rpc/rpc.ts';
import type { Codes } from './codes.ts';
import { type Judgement, judge } from './judge.ts';
import { lookAt } from './look.ts';
import {
  codeCall,
  gasFor,
  type Simulated,
  type SimulationOptions,
  simulate,
  type Unavailable,
  unavailable,
} from './simulation.ts';

export type TrialOptions = {
  readonly chainId: number;
  readonly multicall3: Hex;
  readonly caller: Hex;
  readonly baseFee: boolean;
  readonly policy: EvmPolicy;
  readonly clock: Clock;
  readonly codes: Codes;
  /** Told of the base fee whenever a call shows it. */
  readonly onBaseFee: (wei: bigint) => void;
  /** Told of the newest block's time, in seconds, whenever a call shows it. */
  readonly onBlockTime: (time: bigint) => void;
};

/** A refusal worth a second look, because something else could stand behind it. */
type Doubt = 'who-is-blocked' | 'more-gas' | 'later';

/** A verdict that does not say yet as what the payment is to be settled. */
export type Judged = Judgement | Unavailable;

export type Tried = {
  readonly verdict: Judged;
  readonly doubt?: Doubt;
  /** What was tried, which is what is to be settled: the payment as presented, or as its payer's contract stands. */
  readonly tried: EvmAuthorization;
};

/** Many payments in one call. They share a state, so a refusal may be another payment's doing: that is undefined here. */
export function inCompany(
  authorizations: readonly EvmAuthorization[],
  options: TrialOptions,
): Question<readonly (Judged | undefined)[]> {
  const looks = authorizations.map((each) => lookAt(each, planOf(each, options.policy.gas), { withHoldings: false }));
  const simulation = simulate(looks, simulationOptions(options));
  return {
    calls: [simulation.call],
    read([answer]) {
      const simulated = simulation.read(answer);
      if (simulated.status === 'unavailable') return authorizations.map(() => simulated);
      if (simulated.status === 'failed') return authorizations.map(() => undefined);
      learnBlock(simulated, options);
      return authorizations.map((each, index) => {
        const sight = looks[index]?.read(simulated.results[index] ?? []);
        const judgement = sight && judge(each, sight, simulated.time);
        return judgement?.status === 'valid' ? judgement : undefined;
      });
    },
  };
}

/** One payment by itself, with no more gas than will be sponsored. */
export function alone(authorization: EvmAuthorization, options: TrialOptions): Question<Tried> {
  const { codes } = options;
  const { from } = authorization.transfer;
  const { form } = authorization.signature;
  const known = codes.hasCode(from);
  if (form === 'undeployed' && known !== true) return deployedOrNot(authorization, options);
  const asksCode = form === 'wallet' && known === undefined;
  const attempt = attemptAt(asDeployed(authorization), options);
  return {
    calls: [attempt.call, ...(asksCode ? [codeCall(authorization)] : [])],
    read([answer, code]) {
      if (asksCode) learnCode(code, authorization, codes);
      if (form === 'wallet' && codes.hasCode(from) === false) {
        return { verdict: withoutContract(authorization, options.chainId), tried: authorization };
      }
      return attempt.read(answer);
    },
  };
}

/**
 * With the deployment and without it, for only one of the two can be right: a factory that finds its wallet there may take all
 * gas. Who has code is asked first, so that it is not known later than what was tried.
 */
function deployedOrNot(authorization: EvmAuthorization, options: TrialOptions): Question<Tried> {
  const { codes } = options;
  const deploying = attemptAt(authorization, options);
  const deployed = attemptAt(asDeployed(authorization), options);
  return {
    calls: [codeCall(authorization), deploying.call, deployed.call],
    read([code, whenNot, whenThere]) {
      if (bytesIn(code) === undefined) {
        return { verdict: unavailable(code), tried: authorization };
      }
      learnCode(code, authorization, codes);
      return codes.hasCode(authorization.transfer.from) ? deployed.read(whenThere) : deploying.read(whenNot);
    },
  };
}

/** The verdict on a contract's signature when there is no contract. */
export function withoutContract(authorization: EvmAuthorization, chainId: number): Refusal {
  const { transfer, token, domain, signature, payer } = authorization;
  if (signature.form !== 'wallet') throw new Error('only signatures for contracts need one');
  const digest = authorizationDigest(domainSeparator(domain, chainId, token), transfer);
  return { ...whyNotKey(signature.bytes, { from: transfer.from, digest, chainId, token, domain }), payer };
}

export type Attempt = { readonly call: Question<Tried>['calls'][number]; read(answer: RpcAnswer | undefined): Tried };

export type AttemptLimits = Pick<SimulationOptions, 'time' | 'block'> & {
  /** How many times the gas that is sponsored; 1 unless given. */
  readonly gas?: bigint;
};

/** One payment in one call of its own, as it would be sent. */
export function attemptAt(
  authorization: EvmAuthorization,
  options: TrialOptions,
  { gas = 1n, ...limits }: AttemptLimits = {},
): Attempt {
  const plan = planOf(authorization, options.policy.gas);
  const look = lookAt(authorization, plan, { withHoldings: true });
  const simulation = simulate([look], { ...simulationOptions(options), ...limits, gas: gasFor(plan.gas) * gas });
  return {
    call: simulation.call,
    read(answer) {
      const simulated = simulation.read(answer);
      if (simulated.status === 'unavailable') return { verdict: simulated, tried: authorization };
      if (simulated.status === 'failed') return stopped(authorization, simulated);
      // A block that was only pretended teaches nothing, nor does one that is long past.
      if (limits.time === undefined && limits.block === undefined) learnBlock(simulated, options);
      const judgement = judge(authorization, look.read(simulated.results[0] ?? []), simulated.time);
      const doubt = doubtOf(judgement);
      return { verdict: judgement, tried: authorization, ...(doubt && { doubt }) };
    },
  };
}

function stopped(tried: EvmAuthorization, { outOfGas, message }: Extract<Simulated, { status: 'failed' }>): Tried {
  const { payer } = tried;
  return outOfGas
    ? {
        verdict: {
          status: 'refused',
          reason: 'invalid_exact_evm_gas_ceiling_exceeded',
          message: 'The transfer needs more gas than is sponsored.',
          payer,
        },
        doubt: 'more-gas',
        tried,
      }
    : {
        verdict: {
          status: 'refused',
          reason: 'invalid_exact_evm_transaction_simulation_failed',
          message: `The transfer fails when simulated: ${message}.`,
          payer,
        },
        tried,
      };
}

function doubtOf(judgement: Judgement): Doubt | undefined {
  if (judgement.status === 'valid') return undefined;
  switch (judgement.reason) {
    case 'invalid_exact_evm_account_blocked':
      return 'who-is-blocked';
    case 'invalid_exact_evm_payload_authorization_valid_after':
      return 'later';
    case 'invalid_exact_evm_signature':
    case 'invalid_exact_evm_gas_ceiling_exceeded':
    case 'invalid_exact_evm_transaction_simulation_failed':
    case 'smart_wallet_deployment_failed':
      return 'more-gas';
    default:
      return undefined;
  }
}

function simulationOptions({ multicall3, caller, baseFee }: TrialOptions): SimulationOptions {
  return { multicall3, caller, baseFee };
}

function learnBlock(
  simulated: Extract<Simulated, { status: 'simulated' }>,
  { onBaseFee, onBlockTime }: TrialOptions,
): void {
  onBlockTime(simulated.time);
  if (simulated.baseFee !== undefined) onBaseFee(simulated.baseFee);
}

export function learnCode(answer: RpcAnswer | undefined, { transfer }: EvmAuthorization, codes: Codes): void {
  const code = bytesIn(answer);
  if (code !== undefined) codes.learn(transfer.from, code !== '0x');
}
