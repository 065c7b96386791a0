/**
 * Finds out which payers may share a transaction: only those without code. Many are looked at in one call, which goes along
 * when payments are verified together, or follows when somebody asks about a payer that was verified alone.
 */
import type { Clock } from '@facilitator/engine';
import type { Hex } from '../hash/hex.ts';
import { askOne, handing, type Question, type Rpc } from '../rpc/rpc.ts';
import { codeSizesQuestion, MOST_ACCOUNTS } from './code-sizes.ts';
import type { Codes } from './codes.ts';

export type PayerLook = {
  /** Payers whose payments may be settled soon. Costs nothing yet. */
  note(payers: readonly Hex[]): void;
  /** About all that were noted and are not known. No calls when there is none. */
  question(): Question<void>;
  /** Whether a look not long ago found no code. Has those looked at who are not known, for the next time. */
  isCodeless(payer: Hex): boolean;
};

export type PayerLookOptions = {
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly codes: Codes;
  /** Who asks. */
  readonly caller: Hex;
};

/** After a look that brought nothing. Payments go alone in the meantime. */
const PAUSE_MS = 5_000;

export function createPayerLook({ rpc, clock, codes, caller }: PayerLookOptions): PayerLook {
  const noted = new Set<Hex>();
  let looking = false;
  let notBefore = 0;

  function note(payers: readonly Hex[]): void {
    for (const payer of payers) {
      // The latest are the most likely to be settled.
      noted.delete(payer);
      if (codes.isLookDue(payer)) noted.add(payer);
    }
    for (const payer of noted) {
      if (noted.size <= MOST_ACCOUNTS) return;
      noted.delete(payer);
    }
  }

  function question(): Question<void> {
    const payers = [...noted].filter(codes.isLookDue);
    noted.clear();
    if (payers.length === 0) return { calls: [], read: () => undefined };
    return handing(codeSizesQuestion(payers, caller), (found) => {
      if (found === undefined) notBefore = clock.milliseconds() + PAUSE_MS;
      for (const [payer, hasCode] of found ?? []) codes.learn(payer, hasCode);
    });
  }

  function lookSoon(): void {
    if (looking || clock.milliseconds() < notBefore) return;
    looking = true;
    void askOne(rpc, question()).finally(() => {
      looking = false;
    });
  }

  return {
    note,
    question,
    isCodeless(payer) {
      if (codes.wasCodeless(payer)) return true;
      if (codes.isLookDue(payer)) {
        note([payer]);
        lookSoon();
      }
      return false;
    },
  };
}
