/** What one answer to a handed-over transaction proves. */
import type { Broadcast } from '@facilitator/engine';
import { failureOf } from '../rpc/answers.ts';
import type { RpcAnswer } from '../rpc/rpc.ts';
import { meaningOf } from './answers.ts';

export function outcomeOf(answer: RpcAnswer | undefined): Broadcast {
  // The hash in the answer is not looked at: ours was computed before.
  if (answer?.status === 'result') return { status: 'accepted' };
  const detail = failureOf(answer);
  if (answer?.status === 'silent' && !answer.reached) return { status: 'refused', detail };
  const meaning = answer?.status === 'error' ? meaningOf(answer.message) : 'unknown';
  return meaning === 'accepted' ? { status: meaning } : { status: meaning, detail };
}
