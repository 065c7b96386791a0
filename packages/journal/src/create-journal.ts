/** The journal over any store: lookups go straight to it, writes through the group commit. */
import type { Clock, Journal } from '@facilitator/engine';
import { commitGroup } from './commit-group.ts';
import { createGroupCommit } from './group-commit.ts';
import { JournalError, notGap, notWriting } from './journal-error.ts';
import {
  countWaiting,
  findCosts,
  findPayment,
  findPaymentByKey,
  findPaymentsByTransaction,
  findUnfinished,
  nextTurn,
} from './reads.ts';
import {
  attemptRow,
  claimRow,
  closing,
  type Ending,
  ending,
  evidenceOf,
  isStorable,
  makeAttempt,
  signedColumns,
  text,
} from './record.ts';
import type { Reading, Store } from './store.ts';
import { type Write, writeKind } from './write-kind.ts';
import { applyClaims } from './writes/claim.ts';
import { applyConclusions } from './writes/conclude.ts';
import { applyDeliveries, applyReturns } from './writes/deliver.ts';
import { applyHandOvers } from './writes/hand-over.ts';
import { applyPreparations } from './writes/prepare.ts';
import { applyPrunings } from './writes/prune.ts';
import { applyReleases } from './writes/release.ts';
import { applyReplacements } from './writes/replace.ts';
import { applyResolutions } from './writes/resolve.ts';
import { applyKeyings } from './writes/take-key.ts';

export type JournalOptions = {
  readonly clock: Clock;
  /** See `GroupCommitOptions`. */
  readonly windowMs: number;
  /** Writes per transaction at most; 1 stores each on its own. */
  readonly groupMost: number;
};

/** Two payments that claim one transfer are in each other's way. */
function touched(end: Ending): readonly string[] {
  return [end.id, evidenceOf(end) ?? []].flat();
}

/** Every rejection is a `JournalError`, but for what `sign` of `prepare` rejects with. */
export function createJournal(store: Store, options: JournalOptions): Journal {
  const { clock, windowMs, groupMost } = options;
  const { peers } = store;
  const commits = createGroupCommit<Write>({
    clock,
    windowMs,
    most: groupMost,
    commit: (group) => commitGroup(store, group),
  });
  let closed: Promise<void> | undefined;

  function add(write: Write): void {
    if (closed === undefined) commits.add(write);
    else write.reject(new JournalError('closed', 'The journal is closed.'));
  }

  async function read<T>(look: (reading: Reading) => Promise<T>): Promise<T> {
    if (closed !== undefined) throw new JournalError('closed', 'The journal is closed.');
    try {
      return await look(store.reading);
    } catch (error) {
      throw store.judge(error).error;
    }
  }

  const claim = writeKind(add, (row) => [row.id], applyClaims);
  const handOver = writeKind(add, (id) => [id], applyHandOvers);
  const release = writeKind(add, ({ id }) => [id], applyReleases);
  const prepare = writeKind(add, ({ attempt }) => [attempt.hash, ...attempt.items], applyPreparations);
  const replace = writeKind(add, ({ over, signed }) => [over, signed.hash], applyReplacements);
  const resolve = writeKind(add, ({ hash, endings }) => [hash, ...endings.flatMap(touched)], applyResolutions);
  const conclude = writeKind(add, touched, applyConclusions);
  const deliver = writeKind(add, (id) => [id], applyDeliveries);
  const takeKey = writeKind(add, ({ id }) => [id], applyKeyings);
  const prune = writeKind(add, () => [], applyPrunings);
  const undeliver = writeKind(add, (id) => [id], applyReturns);

  return {
    shared: store.shared,
    async compete(network, candidate) {
      if (closed !== undefined) throw new JournalError('closed', 'The journal is closed.');
      try {
        return await peers.compete(network, candidate);
      } catch (error) {
        throw store.judge(error).error;
      }
    },
    listen: peers.listen,
    claim: async (wanted) => claim(claimRow(wanted, peers.self, clock.now())),
    handOver: async (id) => isStorable(id) && handOver(id),
    // What cannot be stored is nobody's id, so there is nothing to find or to change.
    release: async (id, which) => isStorable(id) && release({ id, abandoned: which === 'abandoned' }),
    async prepare(lane, items, sign) {
      const since = peers.moment();
      if (!peers.holds(lane.network, since)) throw notWriting(lane.network);
      const turn = await read((reading) => nextTurn(reading, lane));
      if (turn === undefined) throw notGap(lane);
      // No transaction is open here: a key service may take its time.
      const attempt = makeAttempt(lane, turn.nonce, items, await sign(turn.nonce));
      return prepare({ attempt, items, since, row: attemptRow(attempt, turn.attempt, clock.now()) });
    },
    replace: async (hash, signed) =>
      replace({ over: text('hash', hash), signed: signedColumns(signed, clock.now()), since: peers.moment() }),
    resolve: async (hash, outcome, conclusions) =>
      resolve({
        hash: text('hash', hash),
        closing: closing(outcome),
        endings: conclusions.map(({ id, conclusion }) => ending(id, conclusion, clock.now())),
      }),
    conclude: async (id, conclusion) => conclude(ending(id, conclusion, clock.now())),
    deliver: async (id) => isStorable(id) && deliver(id),
    takeKey: async (id, key) => isStorable(id) && takeKey({ id, key: text('key', key) }),
    async undeliver(id) {
      if (isStorable(id)) await undeliver(id);
    },
    prune: async (before, most) => prune({ before, most }),
    payment: (id) => read(async (reading) => (isStorable(id) ? findPayment(reading, id) : undefined)),
    paymentByKey: (key) => read(async (reading) => (isStorable(key) ? findPaymentByKey(reading, key) : undefined)),
    paymentsByTransaction: (hash) =>
      read(async (reading) => (isStorable(hash) ? findPaymentsByTransaction(reading, hash) : [])),
    costs: (signer, since) => read((reading) => findCosts(reading, signer, since)),
    waiting: (network, since) => read((reading) => countWaiting(reading, network, since)),
    unfinished: (network) => read((reading) => findUnfinished(reading, peers, network)),
    close() {
      closed ??= commits.idle().then(() => store.close());
      return closed;
    },
  };
}
