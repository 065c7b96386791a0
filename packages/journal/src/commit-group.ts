/** Stores one group of writes in one transaction, and makes sure that a bad one among them fails alone. */
import type { ControlledTransaction } from 'kysely';
import type { JournalError } from './journal-error.ts';
import { emptySeal, type Seal } from './peers.ts';
import type { Schema } from './schema.ts';
import type { Failure, Store } from './store.ts';
import type { Write } from './write-kind.ts';

/** Deadlocks and lost connections are worth a new try; endless ones are an outage. */
const TRIES = 4;

type Tell = () => void;

/** Settles every write of the group. Never rejects. */
export async function commitGroup(store: Store, group: readonly Write[]): Promise<void> {
  let tell = await attempt(store, (transaction, seal) => together(store, transaction, seal, group));
  if (tell.status === 'failed' && tell.failure.remedy === 'apart')
    tell = await attempt(store, (transaction, seal) => apart(store, transaction, seal, group));
  if (tell.status === 'stored') for (const each of tell.tell) each();
  else for (const write of group) write.reject(tell.failure.error);
}

type Attempt =
  | { readonly status: 'stored'; readonly tell: readonly Tell[] }
  | { readonly status: 'failed'; readonly failure: Failure };

type Work = (transaction: ControlledTransaction<Schema>, seal: Seal) => Promise<readonly Tell[]>;

async function attempt(store: Store, work: Work): Promise<Attempt> {
  for (let tries = 1; ; tries++) {
    const outcome = await once(store, work);
    if (outcome.status === 'stored' || outcome.failure.remedy !== 'again' || tries === TRIES) return outcome;
  }
}

async function once(store: Store, work: Work): Promise<Attempt> {
  let transaction: ControlledTransaction<Schema>;
  try {
    transaction = await store.begin();
  } catch (error) {
    return { status: 'failed', failure: store.judge(error) };
  }
  const seal = emptySeal();
  let tell: readonly Tell[];
  try {
    tell = await work(transaction, seal);
  } catch (error) {
    await abandon(transaction);
    return { status: 'failed', failure: store.judge(error) };
  }
  try {
    await store.commit(transaction, seal);
    return { status: 'stored', tell };
  } catch (error) {
    await abandon(transaction);
    // Whatever COMMIT says, it is not tried again: it may have happened.
    return { status: 'failed', failure: { remedy: 'none', error: store.judge(error).error } };
  }
}

/** A rollback that fails has lost its connection, and with it the transaction. */
async function abandon(transaction: ControlledTransaction<Schema>): Promise<void> {
  await transaction
    .rollback()
    .execute()
    .catch(() => undefined);
}

/** Kind by kind, few statements for all. */
async function together(
  store: Store,
  tx: ControlledTransaction<Schema>,
  seal: Seal,
  group: readonly Write[],
): Promise<readonly Tell[]> {
  const kinds = new Set(group.map((write) => write.kind));
  const tell: Tell[] = [];
  try {
    for (const write of group) write.enlist();
    for (const kind of kinds) tell.push(...(await kind.apply({ tx, shared: store.shared, peers: store.peers, seal })));
  } finally {
    for (const kind of kinds) kind.discard();
  }
  return tell;
}

/** One by one, each in a savepoint of its own: slower, and nobody pays for another's fault. */
async function apart(
  store: Store,
  transaction: ControlledTransaction<Schema>,
  seal: Seal,
  group: readonly Write[],
): Promise<readonly Tell[]> {
  const tell: Tell[] = [];
  for (const write of group) {
    const point = await transaction.savepoint('write').execute();
    const own = emptySeal();
    try {
      tell.push(...(await together(store, point, own, [write])));
      for (const network of own.networks) seal.networks.add(network);
      seal.news.push(...own.news);
    } catch (error) {
      const failure = store.judge(error);
      if (failure.remedy !== 'apart') throw error;
      await point.rollbackToSavepoint('write').execute();
      const alone: JournalError = failure.error;
      tell.push(() => write.reject(alone));
    }
    await point.releaseSavepoint('write').execute();
  }
  return tell;
}
