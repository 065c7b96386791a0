/** Collects questions that arrive together into one round trip. */
import type { Clock } from '../ports/clock.ts';

export type MicroBatchOptions<Question, Answer> = {
  /** Asks many at once; answers in the same order. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  readonly clock: Clock;
  /** Questions per round trip. */
  readonly most: number;
  /** How long a question waits for company while another round trip is under way, in milliseconds. */
  readonly patienceMs: number;
};

type Waiting<Question, Answer> = {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Idle means no added latency: a lone question goes at once. While a round trip is under way the next questions gather,
 * and leave when it returns, when there are `most` of them, or when the first has waited `patienceMs`.
 */
export function createMicroBatch<Question, Answer>(
  options: MicroBatchOptions<Question, Answer>,
): (question: Question) => Promise<Answer> {
  let waiting: Waiting<Question, Answer>[] = [];
  let underWay = 0;
  let cancelPatience: (() => void) | undefined;
  let gathering = false;

  function leave(): void {
    gathering = false;
    cancelPatience?.();
    cancelPatience = undefined;
    while (waiting.length > 0) {
      const group = waiting.slice(0, options.most);
      waiting = waiting.slice(options.most);
      void carry(group);
    }
  }

  async function carry(group: readonly Waiting<Question, Answer>[]): Promise<void> {
    underWay += 1;
    try {
      const answers = await options.ask(group.map((each) => each.question));
      for (const [index, each] of group.entries()) {
        const answer = answers[index];
        if (answer === undefined) each.reject(new Error(`no answer for question ${index} of ${group.length}`));
        else each.resolve(answer);
      }
    } catch (error) {
      for (const each of group) each.reject(error);
    } finally {
      underWay -= 1;
      if (underWay === 0) leave();
    }
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (waiting.length >= options.most) leave();
      else if (underWay > 0) cancelPatience ??= options.clock.after(options.patienceMs, leave);
      else if (!gathering) {
        gathering = true;
        // Requests of one poll of the event loop share a round trip even when nothing is under way.
        setImmediate(leave);
      }
    });
}
