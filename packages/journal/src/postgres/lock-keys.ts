/** Names of what processes share beside the tables: advisory locks and channels, kept apart by schema. */
import { createHash } from 'node:crypto';
import type { Caip2 } from '@facilitator/protocol';

/** "x402" in ASCII: tells these locks from those of other programs in the same database. */
export const WRITER_LOCKS = 0x78343032;
/** "x403": one lock per process, held as long as it lives. Its key is the process's number. */
export const OWNER_LOCKS = 0x78343033;

/** "x404": held by the transaction that prunes. */
export const PRUNING_LOCKS = 0x78343034;

/** The key of the lock that allows to write for a network. */
export function writerKey(schema: string, network: Caip2): number {
  return digest([schema, network]).readInt32BE(0);
}

/** The key of the lock that allows to prune. */
export function pruningKey(schema: string): number {
  return digest([schema]).readInt32BE(0);
}

/** Where news of payments are told. */
export function newsChannel(schema: string): string {
  return `facilitator_news_${digest([schema]).toString('hex', 0, 8)}`;
}

/** Where it is told that a right to write was given up. */
export function freedChannel(schema: string): string {
  return `facilitator_freed_${digest([schema]).toString('hex', 0, 8)}`;
}

function digest(parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest();
}
