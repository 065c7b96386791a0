/**
 * Asking what changes nothing: one endpoint after the other until every call has an answer, and a second one early when the
 * first takes longer than it mostly does.
 */
import type { Clock } from '@facilitator/engine';
import type { Deadline } from './deadline.ts';
import type { Endpoint, Heard } from './endpoint.ts';
import type { Evidence } from './evidence.ts';
import { isOfHead, mayTellAbsence, shownBy } from './heads.ts';
import type { RpcAnswer, RpcCall } from './rpc.ts';
import { shown, silent, unsent, type WireAnswer } from './silence.ts';

export type ReadOptions = {
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly evidence: Evidence;
  /** The best endpoint that is not among `tried`. */
  readonly pick: (tried: ReadonlySet<Endpoint>, floor: bigint, calls: number) => Endpoint | undefined;
  /** Why none can be asked. Safe to show. */
  readonly whyNone: () => string;
  /** Whether there is no other endpoint: none to ask when it is late, and none that knows the newest block better. */
  readonly lone: boolean;
  /** Further rounds over all endpoints. */
  readonly retries: number;
  /** A number in [0, 1) that spreads rounds in time. */
  readonly random: () => number;
};

const PAUSE_MS = 60;
/** A node that has lost, or has not got, what another one has. */
const OWN_TROUBLE =
  /header not found|missing trie node|unknown block|not (?:yet )?synced|handler crashed|internal error/i;

export function read(calls: readonly RpcCall[], options: ReadOptions): Promise<readonly RpcAnswer[]> {
  const { clock, deadline, evidence, pick, lone, retries, random } = options;
  const { promise, resolve } = Promise.withResolvers<readonly RpcAnswer[]>();
  const found: (WireAnswer | undefined)[] = calls.map(() => undefined);
  const isWary = mayTellAbsence(calls);
  /** Whoever is asked for a part says again how far it has got: behind one address may be several nodes. */
  const heads = isWary ? [...calls.keys()].filter((index) => isOfHead(calls[index])) : [];
  let floor = isWary ? evidence.floor() : 0n;
  let tried = new Set<Endpoint>();
  let underWay = 0;
  let round = 0;
  let done = false;

  function advance(): void {
    if (done) return;
    const open = [...found.keys()].filter((index) => isOpen(found[index]) && (round === 0 || isWorthIt(found[index])));
    const isOver = open.length === 0 || deadline.leftMs() === 0;
    const endpoint = isOver ? undefined : pick(tried, floor, open.length);
    if (isOver) finish();
    else if (endpoint !== undefined) {
      tried.add(endpoint);
      const withHeads = [...calls.keys()].filter((index) => heads.includes(index) || open.includes(index));
      void ask(endpoint, withHeads);
    } else if (underWay === 0) nextRound();
  }

  function nextRound(): void {
    const pause = PAUSE_MS * 2 ** round * (1 + random());
    if (round < retries && found.some(isWorthIt) && pause < deadline.leftMs()) {
      round += 1;
      tried = new Set();
      clock.after(pause, advance);
    } else finish();
  }

  async function ask(endpoint: Endpoint, indexes: readonly number[]): Promise<void> {
    underWay += 1;
    const answered = lone ? undefined : endpoint.watch(advance);
    const asked = indexes.flatMap((index) => calls[index] ?? []);
    const heard = await endpoint.ask(asked, floor, deadline);
    answered?.();
    underWay -= 1;
    if (done) return;
    take(endpoint, asked, indexes, heard);
    advance();
  }

  function take(
    { health }: Endpoint,
    asked: readonly RpcCall[],
    indexes: readonly number[],
    { answers, asOf }: Heard,
  ): void {
    // Judged by what is known now: another endpoint may have shown a newer block in the meantime.
    const isBehind = asOf < floor;
    const { head, highest } = shownBy(asked, answers);
    const isUsable = !isBehind && evidence.saw(highest);
    const why = isBehind ? 'is behind what it has shown before' : 'speaks of a block that cannot be there yet';
    for (const [position, index] of indexes.entries()) {
      const answer = isUsable ? answers[position] : silent(`the RPC ${why}`, true);
      if (answer !== undefined && worth(answer) >= worth(found[index])) found[index] = answer;
    }
    if (isUsable && isWary && highest > floor) floor = highest;
    if (!isUsable && !isBehind) health.returned(evidence.floor());
    if (isBehind && lone && head !== undefined && evidence.sawHead(head)) health.returned(head);
  }

  function finish(): void {
    done = true;
    resolve(found.map((answer) => shown(answer ?? unsent(options.whyNone(), false))));
  }

  advance();
  return promise;
}

function isOpen(answer: WireAnswer | undefined): boolean {
  return worth(answer) < 3;
}

function isWorthIt(answer: WireAnswer | undefined): boolean {
  return answer?.status === 'silent' && answer.again;
}

function worth(answer: WireAnswer | undefined): number {
  if (answer === undefined) return 0;
  if (answer.status === 'silent') return 1;
  return answer.status === 'error' && answer.code !== 3 && OWN_TROUBLE.test(answer.message) ? 2 : 3;
}
