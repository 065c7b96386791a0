/** What a process has used, by its own account (getrusage): portable, and exact to the microsecond. */
import { z } from 'zod';
import type { NodeChild } from './node-child.ts';

const schema = z.object({
  /** User and system time of all threads since the start. */
  cpuMs: z.number(),
  rssMb: z.number(),
  /** The most that was ever resident. */
  peakRssMb: z.number(),
});

export type Usage = z.infer<typeof schema>;

export async function usageOf(child: Pick<NodeChild, 'ask'>): Promise<Usage> {
  return schema.parse(await child.ask('usage'));
}
