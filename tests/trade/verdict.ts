/** Holds every answer that any caller got against the chain and against what the facilitator says in the end. */
import { type Exchange, type Outcome, type Purchase, saysNothingWasSent } from './buyer.ts';
import type { ChainFacts } from './chain-facts.ts';
import type { Kind, Order } from './order.ts';

/** What GET /settlements says of a payment. */
export type FinalRecord = {
  readonly id: string;
  readonly state: string;
  readonly transaction: string | null;
  readonly delivered: boolean;
};

export type Verdict = {
  /** Answers that were not true, each with what is wrong about it. */
  readonly wrong: readonly string[];
  /** Payments whose money did not move although it should have, or of which nothing final is known. */
  readonly lost: readonly string[];
  /** Payments whose money moved more than once. */
  readonly double: readonly string[];
  readonly settled: number;
  readonly refused: number;
  /** Payments whose callers were all gone or told of the other before the end. */
  readonly untold: number;
  /** Payments that somebody was told were pending, and that came to an end. */
  readonly pendingResolved: number;
};

export type Evidence = {
  readonly purchases: readonly Purchase[];
  readonly chain: ChainFacts;
  /** By payment id; without those of which nothing is known. */
  readonly records: ReadonlyMap<string, FinalRecord>;
  /** The payments each transaction carries or carried, for every hash that was told as pending. */
  readonly carried: ReadonlyMap<string, ReadonlySet<string>>;
};

/** Why a payment of this kind may be refused. */
const MAY_BE_REFUSED: Readonly<Partial<Record<Kind, RegExp>>> = {
  fleeting: /expired|valid_before|valid_until/,
  poor: /insufficient/,
  forged: /signature/,
};

export function judge({ purchases, chain, records, carried }: Evidence): Verdict {
  const wrong: string[] = [];
  const lost: string[] = [];
  const double: string[] = [];
  let [settled, refused, untold, pendingResolved] = [0, 0, 0, 0];

  for (const { order, exchanges } of purchases) {
    const complain = (what: string) => `${order.kind} ${order.id}: ${what}; told ${story(exchanges)}`;
    const moved = chain.transfers(order.payer, order.payTo, order.amount);
    const record = records.get(order.id);
    if (moved.length > 1) double.push(complain(`moved by ${moved.join(' and ')}`));
    for (const exchange of exchanges) {
      const fault = untruth(order, exchange, exchanges, moved[0], carried);
      if (fault !== undefined) wrong.push(complain(fault));
    }
    const told = exchanges.filter(({ outcome }) => outcome.status === 'settled');
    if (told.length > 1 && !told.every(({ keyed }) => keyed))
      wrong.push(complain(`the success was told ${told.length} times`));
    const end = endOf(order, exchanges, moved.length > 0, record);
    if (end === 'settled') settled += 1;
    else if (end === 'refused') refused += 1;
    else lost.push(complain(`${end}; the record says ${record === undefined ? 'nothing' : JSON.stringify(record)}`));
    if (end === 'settled' && told.length === 0) untold += 1;
    if (exchanges.some(({ outcome }) => outcome.status === 'pending') && (end === 'settled' || end === 'refused'))
      pendingResolved += 1;
  }
  return { wrong, lost, double, settled, refused, untold, pendingResolved };
}

/** What is not true about an answer. */
function untruth(
  order: Order,
  { caller, sentAt, endedAt, keyed, outcome }: Exchange,
  exchanges: readonly Exchange[],
  transaction: string | undefined,
  carried: ReadonlyMap<string, ReadonlySet<string>>,
): string | undefined {
  switch (outcome.status) {
    case 'lost':
      return undefined;
    case 'unavailable':
      return exchanges.length === 1 && saysNothingWasSent(outcome) && transaction !== undefined
        ? `"${outcome.message}", and ${transaction} was`
        : undefined;
    case 'settled':
      if (outcome.payer.toLowerCase() !== order.payer.toLowerCase()) return `settled for ${outcome.payer}`;
      return outcome.transaction === transaction ? undefined : `settled by ${outcome.transaction}, not ${transaction}`;
    case 'pending':
      return carried.get(outcome.transaction)?.has(order.id)
        ? undefined
        : `pending in ${outcome.transaction}, which never carried it`;
    case 'duplicate': {
      // Nobody waits but itself, and every success it was told is kept for its key.
      if (keyed && order.kind !== 'learning') return 'a duplicate in spite of its key';
      // Somebody else had the success, was about to get it, or it went to a connection that broke.
      const other = exchanges.some((each) => {
        if (each.sentAt === sentAt && each.caller === caller) return false;
        const overlaps = each.sentAt < endedAt && each.endedAt > sentAt;
        const before = each.endedAt <= sentAt;
        return overlaps || (before && (each.outcome.status === 'settled' || each.outcome.status === 'lost'));
      });
      return other ? undefined : 'a duplicate of nothing';
    }
    case 'refused':
      if (transaction !== undefined) return `refused for ${outcome.reason}, and ${transaction} paid it`;
      return MAY_BE_REFUSED[order.kind]?.test(outcome.reason) ? undefined : `refused for ${outcome.reason}`;
    case 'odd':
      return `HTTP ${outcome.http} ${outcome.text}`;
  }
}

/** Settled once or refused with proof; anything else is what went wrong. */
function endOf(
  { kind }: Order,
  exchanges: readonly Exchange[],
  paid: boolean,
  record: FinalRecord | undefined,
): string {
  if (paid) return record?.state === 'settled' ? 'settled' : 'paid, and not known to be';
  if (record !== undefined && record.state !== 'failed') return `not paid, and ${record.state}`;
  const last = exchanges.at(-1)?.outcome;
  if (last?.status === 'refused') return 'refused';
  const gone = kind === 'timid' && exchanges.length === 1 && last?.status === 'unavailable';
  return gone ? 'refused' : 'not paid';
}

function story(exchanges: readonly Exchange[]): string {
  const from = Math.min(...exchanges.map(({ sentAt }) => sentAt));
  return exchanges
    .map(({ caller, sentAt, endedAt, outcome }) => {
      const times = [sentAt, endedAt].map((at) => Math.round(at - from)).join('-');
      return `[${caller}: ${times} ms ${word(outcome)}]`;
    })
    .join(' ');
}

function word(outcome: Outcome): string {
  if (outcome.status === 'unavailable') return `unavailable "${outcome.message}"`;
  if (outcome.status === 'refused') return outcome.reason;
  return 'transaction' in outcome ? `${outcome.status} ${outcome.transaction}` : outcome.status;
}
