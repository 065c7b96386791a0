/** Which payments share a transaction. Pure: the queue says who waits, the chain and the payments say who may. */
import { type Batching, stricter } from '@facilitator/protocol';
import type { Authorization } from '../ports/chain.ts';
import type { Case } from './case.ts';

export type CompanyRules<A extends Authorization> = {
  /** The facilitator's own rule; a payment may ask for a stricter one. */
  readonly batching: Batching;
  /** Whether it may share at all: only when nobody's code but the token's decides about it. */
  readonly groupable: (authorization: A) => boolean;
  /** Whether it can be sent now. */
  readonly sendable: (kase: Case<A>) => boolean;
};

/** Payments of one payer in one transaction: bounds what one overdrawn balance can spoil. */
const MOST_PER_PAYER = 5;

/** Whether a payment may share its transaction with any other. */
export function sociable<A extends Authorization>(
  { authorization, most }: Case<A>,
  { batching, groupable }: CompanyRules<A>,
): boolean {
  return most > 1 && stricter(batching, authorization.batching) !== 'off' && groupable(authorization);
}

/** Who travels with `first`, in the order of `waiting`; with it at most `share` payments. */
export function companyOf<A extends Authorization>(
  first: Case<A>,
  waiting: readonly Case<A>[],
  share: number,
  rules: CompanyRules<A>,
): readonly Case<A>[] {
  if (share <= 1 || !sociable(first, rules)) return [];
  const company: Case<A>[] = [];
  const anchors = new Set([first.authorization.anchor]);
  const payers = new Map([[first.authorization.payer, 1]]);
  const payees = new Set([first.authorization.payTo]);
  let onePayee = asksForOnePayee(first);
  let least = Math.min(share, first.most);
  for (const kase of waiting) {
    if (company.length + 1 >= least) break;
    const { anchor, payer, payTo } = kase.authorization;
    const already = payers.get(payer) ?? 0;
    const strict = onePayee || asksForOnePayee(kase);
    const strange = strict && (payees.size > 1 || !payees.has(payTo));
    if (strange || already >= MOST_PER_PAYER || anchors.has(anchor) || kase.most <= company.length + 1) continue;
    if (!sociable(kase, rules) || !rules.sendable(kase)) continue;
    anchors.add(anchor);
    payers.set(payer, already + 1);
    payees.add(payTo);
    onePayee = strict;
    least = Math.min(least, kase.most);
    company.push(kase);
  }
  return company;

  function asksForOnePayee({ authorization }: Case<A>): boolean {
    return stricter(rules.batching, authorization.batching) === 'per-payee';
  }
}
