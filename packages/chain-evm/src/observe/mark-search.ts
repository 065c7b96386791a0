/**
 * Looking for the log by which a token says that an authorization is used or cancelled. Providers differ in how many blocks
 * one request may span, so a search may take many looks: each goes on where the last one ended.
 */
import type { Clock } from '@facilitator/engine';
import { addressWord } from '../abi/words.ts';
import type { EvmAuthorization } from '../authorization.ts';
import type { Hex } from '../hash/hex.ts';
import { asBytes, asRecord } from '../rpc/answers.ts';
import { askOne, type Question, type Rpc } from '../rpc/rpc.ts';
import { CANCELED, markOf, USED } from './attribution.ts';

export type MarkSearch = {
  /** The transaction whose log it is, somewhere from `first` to `head`; undefined when it is not found, or not yet. */
  find(authorization: EvmAuthorization, first: bigint, head: bigint): Promise<Hex | undefined>;
};

/** Blocks that were searched without a find, both ends included. Milliseconds of the clock: when last, and when all were. */
type Searched = { low: bigint; high: bigint; at: number; whole: number | undefined };

/** Requests for logs that one look may cost. */
const MOST_SEARCHES = 60;
const SHORTEST_SPAN = 10n;
const LONGEST_SPAN = 10_000n;
/** Blocks below the newest that are searched again: a reorganisation may have filled them anew. */
const OVERLAP = 64n;
/** After this all is searched again: the node that was asked may not have had what it should. */
const AGAIN_AFTER_MS = 600_000;
const FORGET_MS = 3_600_000;

export function createMarkSearch(rpc: Rpc, clock: Clock): MarkSearch {
  /** By anchor. */
  const known = new Map<string, Searched>();
  /** Blocks that one request may span. Learned, and tried again: some errors pass. */
  let span = LONGEST_SPAN;

  /** What was searched of it before; what nobody has asked about for long is forgotten. */
  function recall(anchor: string, head: bigint, now: number): Searched {
    for (const [each, { at, whole = now }] of known)
      if (now - at > FORGET_MS || now - whole > AGAIN_AFTER_MS) known.delete(each);
    return known.get(anchor) ?? { low: head + 1n, high: head, at: now, whole: undefined };
  }

  return {
    async find(authorization, first, head) {
      const now = clock.milliseconds();
      const searched = recall(authorization.anchor, head, now);
      searched.at = now;
      const budget = { left: MOST_SEARCHES };
      if (span < LONGEST_SPAN) span *= 2n;
      // What is new comes first: most are used just now.
      if (searched.low <= searched.high) {
        const top = max(searched.high - OVERLAP, first);
        const newest = await descend(authorization, head, top, budget);
        // With a gap between them the older blocks wait until the newer ones are searched.
        if (newest.found !== undefined || newest.reached > top) return newest.found;
        searched.high = max(searched.high, head);
      }
      const older = await descend(authorization, searched.low - 1n, first, budget);
      searched.low = older.reached;
      if (older.reached <= first) searched.whole ??= now;
      known.set(authorization.anchor, searched);
      return older.found;
    },
  };

  /** From `to` down to `first`. `reached`: the lowest block that was searched; above `to` when none was. */
  async function descend(
    authorization: EvmAuthorization,
    to: bigint,
    first: bigint,
    budget: { left: number },
  ): Promise<{ readonly found?: Hex; readonly reached: bigint }> {
    let reached = to + 1n;
    while (budget.left > 0 && reached > first) {
      budget.left -= 1;
      const from = reached - span > first ? reached - span : first;
      const found = await askOne(rpc, marksQuestion(authorization, from, reached - 1n));
      if (found === 'refused') {
        if (span <= SHORTEST_SPAN) break;
        span /= 2n;
      } else if (found === 'unanswered') break;
      else if (found[0] !== undefined) return { found: found[0], reached };
      else reached = from;
    }
    return { reached };
  }
}

/** Transactions that a node says have its mark. Nodes have been seen to answer with logs that nobody asked for. */
function marksQuestion(
  authorization: EvmAuthorization,
  from: bigint,
  to: bigint,
): Question<readonly Hex[] | 'refused' | 'unanswered'> {
  const { token, transfer } = authorization;
  const filter = {
    address: token,
    fromBlock: `0x${from.toString(16)}`,
    toBlock: `0x${to.toString(16)}`,
    topics: [[USED, CANCELED], `0x${addressWord(transfer.from)}`, transfer.nonce],
  };
  return {
    calls: [{ method: 'eth_getLogs', params: [filter] }],
    read([answer]) {
      if (answer?.status === 'error') return 'refused';
      if (answer?.status !== 'result' || !Array.isArray(answer.result)) return 'unanswered';
      return answer.result.map((log) => transactionOf(log, authorization)).filter((hash) => hash !== undefined);
    },
  };
}

function transactionOf(value: unknown, authorization: EvmAuthorization): Hex | undefined {
  const log = asRecord(value);
  const sent = log?.['topics'];
  const topics = Array.isArray(sent) ? sent.map(asBytes) : [];
  const mark = markOf({ address: asBytes(log?.['address']), topics }, authorization);
  return mark === undefined || log?.['removed'] === true ? undefined : asBytes(log?.['transactionHash']);
}

function max(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}
