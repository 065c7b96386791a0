/** Hands signed bytes to the network. */
import type { Attempt, Broadcast } from '@facilitator/engine';
import type { Rpc } from '../rpc/rpc.ts';
import { outcomeOf } from './outcome.ts';

export async function broadcast(rpc: Rpc, { bytes }: Pick<Attempt, 'bytes'>): Promise<Broadcast> {
  const [answer] = await rpc.ask([{ method: 'eth_sendRawTransaction', params: [bytes] }]);
  return outcomeOf(answer);
}
