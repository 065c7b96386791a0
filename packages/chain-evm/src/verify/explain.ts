/** Why a payment did not go through when it was mined: a receipt does not say it. */
import type { Refusal } from '@facilitator/engine';
import type { EvmAuthorization } from '../authorization.ts';
import { askOne } from '../rpc/rpc.ts';
import { attemptAt } from './trial.ts';
import type { VerifyOptions } from './verify.ts';

/** Tries it in the state before `block`. Undefined when it goes through there, or when the node has forgotten that state. */
export async function explain(
  authorization: EvmAuthorization,
  block: bigint,
  options: Pick<VerifyOptions, 'rpc'> & Parameters<typeof attemptAt>[1],
): Promise<Refusal | undefined> {
  if (block === 0n) return undefined;
  const attempt = attemptAt(authorization, options, { block: block - 1n });
  const { verdict } = await askOne(options.rpc, {
    calls: [attempt.call],
    read: ([answer]) => attempt.read(answer),
  });
  return verdict.status === 'refused' ? verdict : undefined;
}
