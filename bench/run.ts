/** Makes the measurements one after the other, contenders taking turns in each. */
import { BASE_SEPOLIA, BASE_SEPOLIA_USDC } from '@facilitator/testing';
import type { Case } from './cases/case.ts';
import type { Contender, ContenderName } from './facilitators/contender.ts';
import { CONTENDERS } from './facilitators/contenders.ts';
import { createCrowd } from './payments.ts';
import type { Result } from './result.ts';

type Step = { readonly case: Case; readonly contender: Contender; readonly number: number; readonly of: number };

export type RunOptions = {
  readonly cases: readonly Case[];
  readonly contenders: readonly ContenderName[];
  readonly signal: AbortSignal;
  readonly onStart: (step: Step) => void;
  readonly onResult: (step: Step, result: Result) => void;
  /** A measurement that could not be made. The run goes on. */
  readonly onFault: (step: Step, fault: unknown) => void;
};

const PAYERS = 100;
const SELLERS = 10;
const AMOUNT = 1_000n;

/** Rejects only when it is aborted. */
export async function measureAll(options: RunOptions): Promise<readonly Result[]> {
  const { cases, contenders, signal } = options;
  const crowd = createCrowd({
    chainId: BASE_SEPOLIA,
    token: BASE_SEPOLIA_USDC,
    payers: PAYERS,
    sellers: SELLERS,
    amount: AMOUNT,
  });
  const steps = cases.flatMap((one) =>
    one.contenders
      .filter((name) => contenders.includes(name))
      .map((name) => ({ case: one, contender: CONTENDERS[name] })),
  );
  const results: Result[] = [];
  for (const [index, step] of steps.entries()) {
    const numbered = { ...step, number: index + 1, of: steps.length };
    options.onStart(numbered);
    try {
      const { figures, answers, calls } = await step.case.measure({ contender: step.contender, crowd, signal });
      const { id, group, setting } = step.case;
      const result: Result = { case: id, group, contender: step.contender.name, setting, figures, answers, calls };
      results.push(result);
      options.onResult(numbered, result);
    } catch (fault) {
      signal.throwIfAborted();
      options.onFault(numbered, fault);
    }
  }
  return results;
}
