/** Hands signed bytes to the network. */
import type { Attempt, Broadcast } from '@facilitator/engine';
import { failureOf } from '../rpc/answers.ts';
import type { Rpc } from '../rpc/rpc.ts';
import { meaningOf } from './answers.ts';

export async function broadcast(rpc: Rpc, { bytes }: Pick<Attempt, 'bytes'>): Promise<Broadcast> {
  const [answer] = await rpc.ask([{ method: 'eth_sendRawTransaction', params: [bytes] }]);
  // The hash in the answer is not looked at: ours was computed before.
  if (answer?.status === 'result') return { status: 'accepted' };
  const detail = failureOf(answer);
  if (answer?.status === 'silent' && !answer.reached) return { status: 'refused', detail };
  const meaning = answer?.status === 'error' ? meaningOf(answer.message) : 'unknown';
  return meaning === 'accepted' ? { status: meaning } : { status: meaning, detail };
}
