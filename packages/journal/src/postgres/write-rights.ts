/**
 * The right to write for a network is an advisory lock of the very session that writes: when the session ends, however it
 * ends, lock and ability to write end together.
 */
import type { Candidate, Clock } from '@facilitator/engine';
import type { Caip2 } from '@facilitator/protocol';
import type { ClientBase, PoolClient } from 'pg';
import type { Peers } from '../peers.ts';
import { WRITER_LOCKS } from './lock-keys.ts';

export type WriteRightsOptions = {
  /** The session that writes; a new one when the last has ended. There is never more than one. */
  readonly connect: () => Promise<PoolClient>;
  readonly clock: Clock;
  readonly keyOf: (network: Caip2) => number;
  /** Where others hear that a right is free. */
  readonly freedChannel: string;
};

export type WriteRights = Pick<Peers, 'moment' | 'holds'> & {
  /** Rejects when the database cannot be asked; then it does not compete. */
  compete(network: Caip2, candidate: Candidate): Promise<() => Promise<void>>;
  /** Another session writes from now on: what the last one held is lost. */
  began(session: ClientBase): void;
  /** The database does not know of the rights that this session believes to hold. */
  disproved(): void;
  /** Another process gave a right up. */
  freed(): void;
  /** Gives everything up. */
  stop(): Promise<void>;
};

/** How often a right that another process has is asked for, in case that one dies without a word. */
const ASK_MS = 1_000;
/** With nothing to ask for, every how many asks the session is used: a broken one is noticed, a sound one is not ended as idle. */
const IDLE_ASKS = 3;

export function createWriteRights(options: WriteRightsOptions): WriteRights {
  const { connect, clock, keyOf, freedChannel } = options;
  const wanted = new Map<Caip2, Candidate>();
  /** Locks of the session, and since when their candidates know. */
  const locked = new Set<Caip2>();
  const held = new Map<Caip2, number>();
  let moment = 0;
  let session: ClientBase | undefined;
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let cancelAsking: (() => void) | undefined;
  let idle = 0;
  let stopped = false;

  function loseAll(): void {
    locked.clear();
    for (const network of [...held.keys()]) lose(network);
  }

  function lose(network: Caip2): void {
    if (held.delete(network)) wanted.get(network)?.onLost();
  }

  /** Brings the session's locks in line with what is wanted. Calls that come while one waits share it. */
  function align(): Promise<void> {
    if (next !== undefined) return next;
    const turn = running.then(() => {
      next = undefined;
      return alignNow();
    });
    next = turn;
    running = turn.catch(() => undefined);
    return turn;
  }

  async function alignNow(): Promise<void> {
    const client = await connect();
    try {
      await unlock(client);
      await lock(client);
    } catch (error) {
      // Whatever the server did with the statement, it is undone with the session.
      client.release(true);
      throw error;
    }
    client.release();
  }

  async function unlock(client: ClientBase): Promise<void> {
    const surplus = [...locked].filter((network) => !wanted.has(network));
    if (surplus.length === 0) return;
    for (const network of surplus) locked.delete(network);
    await client.query('select pg_advisory_unlock($1, key), pg_notify($3, key::text) from unnest($2::int[]) as key', [
      WRITER_LOCKS,
      surplus.map(keyOf),
      freedChannel,
    ]);
  }

  async function lock(client: ClientBase): Promise<void> {
    const missing = [...wanted.keys()].filter((network) => !locked.has(network));
    const { rows } = await client.query<{ key: number; granted: boolean }>(
      'select key, pg_try_advisory_lock($1, key) as granted from unnest($2::int[]) as key',
      [WRITER_LOCKS, missing.map(keyOf)],
    );
    // Ended while the answer was on its way.
    if (session !== client) return;
    const granted = new Set(rows.filter((row) => row.granted).map((row) => row.key));
    for (const network of missing) if (granted.has(keyOf(network))) locked.add(network);
    for (const [network, candidate] of wanted) {
      if (!locked.has(network) || held.has(network)) continue;
      moment += 1;
      held.set(network, moment);
      candidate.onHeld();
    }
  }

  /** In the background nobody can be told of a failure: the next time tells more. */
  function alignSoon(): void {
    align().catch(() => undefined);
  }

  function ask(): void {
    cancelAsking ??= clock.after(ASK_MS, () => {
      cancelAsking = undefined;
      if (stopped) return;
      const settled = [...wanted.keys()].every((network) => held.has(network)) && locked.size === held.size;
      idle = settled ? idle + 1 : 0;
      if (!settled || idle % IDLE_ASKS === 0) alignSoon();
      ask();
    });
  }

  function ended(client: ClientBase): void {
    if (session !== client) return;
    session = undefined;
    loseAll();
    // The next session is taken at once: others tell by it that this process lives.
    if (!stopped) alignSoon();
  }

  return {
    moment: () => moment,
    holds: (network, since) => (held.get(network) ?? Number.POSITIVE_INFINITY) <= since,
    async compete(network, candidate) {
      if (wanted.has(network)) throw new Error(`this process competes for ${network} already`);
      wanted.set(network, candidate);
      try {
        await align();
      } catch (error) {
        lose(network);
        wanted.delete(network);
        throw error;
      }
      ask();
      return async () => {
        if (wanted.get(network) !== candidate) return;
        lose(network);
        wanted.delete(network);
        // Should this fail, the session ends or the lock is given back at the next turn.
        await align().catch(() => undefined);
      };
    },
    began(client) {
      loseAll();
      session = client;
      client.once('end', () => ended(client));
      client.on('error', () => ended(client));
    },
    disproved: loseAll,
    freed() {
      if ([...wanted.keys()].some((network) => !held.has(network))) alignSoon();
    },
    async stop() {
      stopped = true;
      cancelAsking?.();
      for (const network of wanted.keys()) lose(network);
      wanted.clear();
      if (locked.size > 0) await align().catch(() => undefined);
    },
  };
}
