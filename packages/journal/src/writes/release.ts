/** Releases: only a payment that never had an attempt is forgotten, and only by those whose business it is. */
import { inChunks } from '../chunks.ts';
import { type Apply, done, type Session } from '../write-kind.ts';

export type Release = {
  readonly id: string;
  /** Only a claim whose process is gone. */
  readonly abandoned: boolean;
};

export const applyReleases: Apply<Release, boolean> = async (session, releases) => {
  const wanted = new Set(releases.filter(({ abandoned }) => !abandoned).map(({ id }) => id));
  /** What is gone, and whether it was abandoned. */
  const gone = new Map((await releaseOwn(session, [...wanted])).map((id) => [id, false]));
  const rest = [...new Set(releases.map(({ id }) => id))].filter((id) => !gone.has(id));
  if (rest.length > 0)
    for (const { id, isAbandoned } of await releaseOthers(session, rest, wanted)) gone.set(id, isAbandoned);
  // The first caller of each gets the answer; the payment is gone for the others.
  return releases.map(({ id, abandoned }) => done((!abandoned || gone.get(id) === true) && gone.delete(id)));
};

async function releaseOwn({ tx, peers, seal }: Session, ids: readonly string[]): Promise<readonly string[]> {
  const own = await inChunks(ids, (part) =>
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
  return own.map(({ id }) => id);
}

/** What those who are gone have left and, of those `wanted` whoever has them, what others handed to this process. */
async function releaseOthers(
  { tx, shared, peers, seal }: Session,
  ids: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<readonly { readonly id: string; readonly isAbandoned: boolean }[]> {
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
  const free = rows.flatMap(({ id, network, state, owner }) => {
    const isAbandoned = state === 'claimed' && absent.has(owner);
    const isLeft =
      wanted.has(id) && (absent.has(owner) || (state === 'queued' && peers.holds(network, peers.moment())));
    return isAbandoned || isLeft ? [{ id, network, isAbandoned }] : [];
  });
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
  return free;
}
