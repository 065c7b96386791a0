/** Looking at one payment: what its plan calls, between two readings of what it should change. */
import type { Call, Result } from '../abi/aggregate3.ts';
import { addressCall, authorizationStateCall } from '../abi/calls.ts';
import { readBool, readUint } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import type { Plan } from '../carry.ts';

/** What a look saw. Undefined where the token did not answer as a token does. */
export type Sight = {
  /** False when nothing at all is at the token's address. */
  readonly deployed: boolean;
  /** The authorization's state before the transfer. */
  readonly used: boolean | undefined;
  /** What the payer held before; undefined also when it was not asked. */
  readonly held: bigint | undefined;
  /** The wallet's deployment, when there was one. */
  readonly deployment: Result | undefined;
  readonly transfer: Result;
  /** False when reading after the transfer failed although reading before it did not: no gas was left. */
  readonly finished: boolean;
  /** Whether the transfer changed what it should. */
  readonly moved: 'exactly' | 'otherwise' | 'nothing';
};

export type Look = { readonly calls: readonly Call[]; read(results: readonly Result[]): Sight };

/** `withHoldings`: also asks what the payer holds, to be able to say what is missing. */
export function lookAt(
  { token, transfer }: EvmAuthorization,
  plan: Pick<Plan, 'deployment' | 'transfer'>,
  options: { readonly withHoldings: boolean },
): Look {
  const { from, to, nonce } = transfer;
  const state = ask(authorizationStateCall(from, nonce));
  const holdings = (account: typeof from) => ask(addressCall('balanceOf(address)', account));
  // Who pays himself ends with what he had. That the token counts the authorization as used is the only trace.
  const trace = from === to ? state : holdings(to);
  const deployment = plan.deployment === undefined ? [] : [plan.deployment];

  function ask(data: Call['data']): Call {
    return { target: token, mayFail: true, data };
  }

  return {
    calls: [
      state,
      ...(options.withHoldings ? [holdings(from)] : []),
      trace,
      ...deployment,
      // Its refusal is to be read.
      { ...plan.transfer, mayFail: true },
      trace,
    ],
    read(results) {
      const rest = [...results];
      const stateBefore = rest.shift();
      const held = options.withHoldings ? rest.shift() : undefined;
      const before = rest.shift();
      const deployed = deployment.length === 0 ? undefined : rest.shift();
      const [moved, after] = rest;
      if (stateBefore === undefined || before === undefined || moved === undefined || after === undefined) {
        throw new Error('a look was given fewer results than it has calls');
      }
      return {
        deployed: stateBefore.data !== '' || before.data !== '' || !stateBefore.success,
        used: stateBefore.success ? readBool(stateBefore.data) : undefined,
        held: held?.success ? readUint(held.data) : undefined,
        deployment: deployed,
        transfer: moved,
        finished: after.success || !before.success,
        moved: change(before, after, from === to ? 1n : transfer.value),
      };
    },
  };
}

function change(before: Result, after: Result, expected: bigint): Sight['moved'] {
  const [was, is] = [before, after].map(({ success, data }) => (success ? readUint(data) : undefined));
  if (was === undefined || is === undefined) return 'nothing';
  if (is - was === expected) return 'exactly';
  return is === was ? 'nothing' : 'otherwise';
}
