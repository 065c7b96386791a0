/** Hand-overs: a verified claim is left to the process that writes for its network. */
import { inChunks } from '../chunks.ts';
import { type Apply, done } from '../write-kind.ts';

export const applyHandOvers: Apply<string, boolean> = async ({ tx, peers, seal }, ids) => {
  const wanted = [...new Set(ids)];
  await inChunks(wanted, (part) =>
    tx
      .updateTable('payments')
      .set({ state: 'queued' })
      .where('id', 'in', part)
      .where('state', '=', 'claimed')
      .where('owner', '=', peers.self)
      .execute(),
  );
  // Also those that were handed over before: whoever wrote then may have let go of them.
  const queued = await inChunks(wanted, (part) =>
    tx.selectFrom('payments').select(['id', 'network']).where('id', 'in', part).where('state', '=', 'queued').execute(),
  );
  seal.news.push(...queued);
  const left = new Set(queued.map(({ id }) => id));
  return ids.map((id) => done(left.has(id)));
};
