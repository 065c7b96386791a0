/** What a facilitator says in the end. */
import type { Purchase } from './buyer.ts';
import type { Evidence, FinalRecord } from './verdict.ts';

/** Of each payment, and of each transaction that somebody was told to wait for. */
export async function readRecords(
  url: string,
  purchases: readonly Purchase[],
): Promise<Pick<Evidence, 'records' | 'carried'>> {
  async function find(id: string): Promise<readonly FinalRecord[]> {
    const response = await fetch(`${url}/settlements/${id}`);
    const body = (await response.json()) as { readonly settlements?: readonly FinalRecord[] };
    return body.settlements ?? [];
  }
  const records = new Map<string, FinalRecord>();
  for (const { order } of purchases) for (const record of await find(order.id)) records.set(record.id, record);
  const told = purchases.flatMap(({ exchanges }) =>
    exchanges.flatMap(({ outcome }) => (outcome.status === 'pending' ? [outcome.transaction] : [])),
  );
  const carried = new Map<string, ReadonlySet<string>>();
  for (const hash of new Set(told)) carried.set(hash, new Set((await find(hash)).map(({ id }) => id)));
  return { records, carried };
}
