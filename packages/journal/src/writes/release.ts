/** Releases: only a claim that never had an attempt is forgotten. */
import { inChunks } from '../chunks.ts';
import { type Apply, done } from '../write-kind.ts';

export const applyReleases: Apply<string, boolean> = async ({ tx }, ids) => {
  const released = await inChunks([...new Set(ids)], (part) =>
    tx.deleteFrom('payments').where('id', 'in', part).where('state', '=', 'claimed').returning('id').execute(),
  );
  // The first caller of each gets the answer; the claim is gone for the others.
  const gone = new Set(released.map(({ id }) => id));
  return ids.map((id) => done(gone.delete(id)));
};
