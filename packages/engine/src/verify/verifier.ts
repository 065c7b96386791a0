/** Answers /verify, and asks the chain for /settle: both share the round trips. Leaves nothing behind. */
import type { Payment, VerifyAnswer } from '@facilitator/protocol';
import type { Verification } from '../engine.ts';
import type { Authorization, Chain, Refusal, Verdict } from '../ports/chain.ts';
import type { Clock } from '../ports/clock.ts';
import type { Meter } from '../ports/meter.ts';
import type { Reach } from '../reach.ts';
import { unchecked } from '../settle/answers.ts';
import { worthless } from '../settle/worthless.ts';
import { createMicroBatch } from './micro-batch.ts';

/** Authorizations per round trip. */
const MOST = 50;
/** How long one waits for company while another round trip is under way. */
const PATIENCE_MS = 25;

export type VerifierOptions<A extends Authorization> = {
  readonly chain: Chain<A>;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly reach: Pick<Reach, 'heard' | 'failed' | 'doubted'>;
  /** Told every verdict. */
  readonly onVerdict: (authorization: A, verdict: Verdict) => void;
};

export type Verifier<A extends Authorization> = {
  verify(payment: Payment): Promise<Verification>;
  /** What the chain says of one authorization; many that ask together share a round trip. */
  ask(authorization: A): Promise<Verdict<A>>;
};

export function createVerifier<A extends Authorization>(options: VerifierOptions<A>): Verifier<A> {
  const { chain, clock, meter, reach } = options;
  const ask = createMicroBatch({
    clock,
    most: MOST,
    patienceMs: PATIENCE_MS,
    ask: async (batch: readonly A[]) => {
      const started = clock.milliseconds();
      const verdicts = await chain.verify(batch);
      const ms = clock.milliseconds() - started;
      meter.record({ type: 'verify.call', network: chain.network, size: batch.length, ms });
      listen(verdicts);
      for (const [index, verdict] of verdicts.entries()) {
        const authorization = batch[index];
        if (authorization !== undefined) options.onVerdict(authorization, verdict);
      }
      return verdicts;
    },
  });

  /**
   * One payment may have no answer for a reason of its own; a call without any says that the RPC is silent. Where a node stumbles
   * over all of them, that may be what somebody wants: a question without payments decides.
   */
  function listen(verdicts: readonly Verdict[]): void {
    const unheard = verdicts.flatMap((verdict) => (verdict.status === 'unavailable' ? [verdict] : []));
    const silent = unheard.find(({ answered }) => answered !== true);
    if (unheard.length < verdicts.length) reach.heard();
    else if (silent === undefined) reach.doubted();
    else reach.failed(silent.detail);
  }

  async function judge(authorization: A): Promise<Verification['answer']> {
    const { payer } = authorization;
    const early = worthless(authorization) ?? chain.untimely(authorization, clock.now());
    if (early !== undefined) return invalid({ ...early, payer });
    const verdict = await ask(authorization);
    if (verdict.status === 'valid') return { status: 'valid', payer };
    if (verdict.status === 'refused') return invalid({ ...verdict, payer });
    return unchecked(verdict.detail).answer;
  }

  return {
    ask,
    async verify(payment) {
      const decoded = chain.decode(payment);
      const id = decoded.status === 'refused' ? undefined : decoded.authorization.anchor;
      const answer = decoded.status === 'refused' ? invalid(decoded) : await judge(decoded.authorization);
      const outcome = answer.status === 'invalid' ? answer.reason : answer.status;
      meter.record({ type: 'verify.done', network: chain.network, payment: id ?? '', outcome });
      return { answer, id };
    },
  };
}

function invalid({ reason, message, payer }: Refusal): VerifyAnswer {
  return { status: 'invalid', reason, message, ...(payer === undefined ? {} : { payer }) };
}
