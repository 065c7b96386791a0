/** Judges many payments in one round trip; a second and a third follow only for those that are about to be refused. */
import type { Verdict } from '@facilitator/engine';
import type { EvmAuthorization } from '../authorization.ts';
import type { Hex } from '../hash/hex.ts';
import { askAll, handing, type Question, type Rpc } from '../rpc/rpc.ts';
import { secondLook } from './doubt.ts';
import type { PayerLook } from './payer-look.ts';
import { alone, inCompany, type Judged, type TrialOptions, type Tried, withoutContract } from './trial.ts';

export type VerifyOptions = TrialOptions & {
  readonly rpc: Rpc;
  /** Whether the token is one of those the operator configured. */
  readonly isServed: (authorization: EvmAuthorization) => boolean;
  /** Other questions whose answers will be needed soon: they ride along. */
  readonly alsoAsk: () => readonly Question<void>[];
  readonly payers: PayerLook;
};

export async function verify(
  batch: readonly EvmAuthorization[],
  options: VerifyOptions,
): Promise<readonly Verdict<EvmAuthorization>[]> {
  const { rpc } = options;
  const verdicts = new Map<number, Verdict<EvmAuthorization>>();
  const solitary: number[] = [];
  const sociable: number[] = [];
  for (const [index, authorization] of batch.entries()) {
    const { form } = authorization.signature;
    const hasCode = options.codes.hasCode(authorization.transfer.from);
    if (form === 'wallet' && hasCode === false) verdicts.set(index, withoutContract(authorization, options.chainId));
    // Whatever runs code that nobody vouches for may burn the gas of all others.
    else if (form !== 'key' || hasCode === true || !options.isServed(authorization)) solitary.push(index);
    else sociable.push(index);
  }
  options.payers.note(sociable.map(payerAt));
  // Company of one is no company, and alone it may not use more gas than is sponsored.
  if (sociable.length === 1) solitary.push(...sociable.splice(0));

  const unclear: number[] = [];
  const doubtful: (readonly [number, Tried])[] = [];
  await askAll<void>(rpc, [
    ...chunks(sociable, options.policy.company).map((members) => company(members)),
    // A payment that is alone has nobody to share with, yet.
    ...(sociable.length > 1 ? [options.payers.question()] : []),
    ...solitary.map((index) => single(index)),
    ...options.alsoAsk(),
  ]);
  // It turned out that these run code of their own: what they need alone is what counts.
  const impostors = sociable.filter((index) => options.codes.hasCode(payerAt(index)) === true);
  unclear.push(...impostors.filter((index) => !unclear.includes(index)));
  await askAll<void>(rpc, [...unclear.map((index) => single(index)), ...doubtful.splice(0).map(again)]);
  await askAll<void>(rpc, doubtful.map(again));
  return batch.map(
    (_, index) => verdicts.get(index) ?? { status: 'unavailable', detail: 'the payment was not judged' },
  );

  function company(members: readonly number[]): Question<void> {
    const question = inCompany(members.map(at), options);
    return handing(question, (found) => {
      for (const [position, index] of members.entries()) {
        const verdict = found[position];
        if (verdict === undefined) unclear.push(index);
        else verdicts.set(index, verdict);
      }
    });
  }

  function single(index: number): Question<void> {
    return handing(alone(at(index), options), (tried) => {
      conclude(index, tried.verdict, tried);
      if (tried.doubt !== undefined) doubtful.push([index, tried]);
    });
  }

  function again([index, tried]: readonly [number, Tried]): Question<void> {
    return handing(secondLook(tried, options), (verdict) => conclude(index, verdict, tried));
  }

  function conclude(index: number, verdict: Judged, { tried }: Tried): void {
    const isOther = verdict.status === 'valid' && tried.signature.form !== at(index).signature.form;
    verdicts.set(index, isOther ? { status: 'valid', as: tried } : verdict);
  }

  function payerAt(index: number): Hex {
    return at(index).transfer.from;
  }

  function at(index: number): EvmAuthorization {
    const authorization = batch[index];
    if (authorization === undefined) throw new Error(`there is no payment ${index} in the batch`);
    return authorization;
  }
}

function chunks(indexes: readonly number[], size: number): readonly (readonly number[])[] {
  const parts: (readonly number[])[] = [];
  for (let from = 0; from < indexes.length; from += size) parts.push(indexes.slice(from, from + size));
  return parts;
}
