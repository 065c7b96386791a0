/** Deliveries: of all who ask, in all processes, one gets the success of a settled payment. */
import { inChunks } from '../chunks.ts';
import { type Apply, done } from '../write-kind.ts';

export const applyDeliveries: Apply<string, boolean> = async ({ tx }, ids) => {
  const delivered = await inChunks([...new Set(ids)], (part) =>
    tx
      .updateTable('payments')
      .set({ delivered: 1n })
      .where('id', 'in', part)
      .where('state', '=', 'settled')
      .where('delivered', '=', 0n)
      .returning('id')
      .execute(),
  );
  const given = new Set(delivered.map(({ id }) => id));
  return ids.map((id) => done(given.delete(id)));
};

export const applyReturns: Apply<string, void> = async ({ tx }, ids) => {
  await inChunks([...new Set(ids)], (part) =>
    tx.updateTable('payments').set({ delivered: 0n }).where('id', 'in', part).where('delivered', '=', 1n).execute(),
  );
  return ids.map(() => done(undefined));
};
