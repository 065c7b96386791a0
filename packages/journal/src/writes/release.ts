/** Releases: only a payment that never had an attempt is forgotten, and only by those whose business it is. */
import { inChunks } from '../chunks.ts';
import { type Apply, done, type Session } from '../write-kind.ts';

export const applyReleases: Apply<string, boolean> = async (session, ids) => {
  const { tx, peers, seal } = session;
  const wanted = [...new Set(ids)];
  const own = await inChunks(wanted, (part) =>
    tx
      .deleteFrom('payments')
      .where('id', 'in', part)
      .where('state', 'in', ['claimed', 'queued'])
      .where('owner', '=', peers.self)
      .returning(['id', 'network', 'state'])
      .execute(),
  );
  // Whoever was to carry it has to hear of it.
  for (const { id, network, state } of own) if (state === 'queued') seal.news.push({ network, id });
  // The first caller of each gets the answer; the payment is gone for the others.
  const gone = new Set(own.map(({ id }) => id));
  const rest = wanted.filter((id) => !gone.has(id));
  if (rest.length > 0) for (const id of await releaseOthers(session, rest)) gone.add(id);
  return ids.map((id) => done(gone.delete(id)));
};

/** What others handed to this process, and what those who are gone have left. */
async function releaseOthers({ tx, shared, peers, seal }: Session, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await inChunks(ids.toSorted(), (part) =>
    tx
      .selectFrom('payments')
      .select(['id', 'network', 'state', 'owner'])
      .where('id', 'in', part)
      .where('state', 'in', ['claimed', 'queued'])
      .orderBy('id')
      .$if(shared, (query) => query.forUpdate())
      .execute(),
  );
  if (rows.length === 0) return [];
  const absent = await peers.gone(
    tx,
    rows.map(({ owner }) => owner),
  );
  const free = rows.filter(
    (row) => absent.has(row.owner) || (row.state === 'queued' && peers.holds(row.network, peers.moment())),
  );
  await inChunks(free, (part) =>
    tx
      .deleteFrom('payments')
      .where(
        'id',
        'in',
        part.map(({ id }) => id),
      )
      .execute(),
  );
  seal.news.push(...free.map(({ network, id }) => ({ network, id })));
  return free.map(({ id }) => id);
}
