/** Whether blocks that carried our transactions are still part of the chain. */
import type { BlockId, Standing } from '@facilitator/engine';
import { askAll, type Rpc } from '../rpc/rpc.ts';
import { headerQuestion } from './block.ts';

export type StandingOptions = {
  readonly rpc: Rpc;
  /** Blocks above one that make it stay. */
  readonly reorgDepth: number;
};

/** One call for each block, and one for the newest, in one round trip. */
export async function standing(
  blocks: readonly BlockId[],
  { rpc, reorgDepth }: StandingOptions,
): Promise<readonly Standing[]> {
  const [newest, ...headers] = await askAll(rpc, [
    headerQuestion('latest'),
    ...blocks.map(({ block }) => headerQuestion(block)),
  ]);
  return blocks.map(({ block, blockHash }, index): Standing => {
    const header = headers[index];
    if (header === undefined || header.number !== block) return 'unknown';
    if (header.hash !== blockHash) return 'gone';
    return newest !== undefined && block + BigInt(reorgDepth) <= newest.number ? 'deep' : 'there';
  });
}
