/**
 * Processes that share one store in memory, with what PostgreSQL gives them: one right to write per network, news at
 * commit, and the knowledge who is gone. Sessions break and news get lost when a test says so.
 */
import type { Caip2 } from '@facilitator/protocol';
import type { Peers, Told } from '../../journal/src/peers.ts';
import type { Candidate, News } from '../src/ports/journal.ts';

export type Member = {
  readonly peers: Peers;
  /** What its transactions tell the others, from their commit on. */
  tell(news: readonly Told[]): void;
  /** kill -9, or the end: its rights are free and nobody tells it. */
  leave(): void;
  /** Its session ends from the outside. With `late` another may have its rights before it is told so. */
  breakSession(late: boolean): void;
  /** Hears nothing; afterwards it knows only that it may have missed something. */
  muffle(on: boolean): void;
};

/** A process as the others meet it. */
type Presence = {
  holds(network: Caip2): boolean;
  /** Networks that it competes for. */
  wants(): readonly Caip2[];
  grant(network: Caip2): void;
  hear(network: Caip2, news: News): void;
};

export function createMemoryPeers(): { join(self: bigint): Member } {
  const present = new Map<bigint, Presence>();

  /** Grants what is free to whoever has waited longest; `last` comes after all others. */
  function grantFree(last?: Presence): void {
    const all = [...present.values()];
    for (const each of all.toSorted((a, b) => Number(a === last) - Number(b === last)))
      for (const network of each.wants()) if (!all.some((one) => one.holds(network))) each.grant(network);
  }

  function join(self: bigint): Member {
    const wanted = new Map<Caip2, Candidate>();
    const held = new Map<Caip2, number>();
    const listeners = new Map<Caip2, Set<(news: News) => void>>();
    let moment = 0;
    let muffled = false;

    function hear(network: Caip2, news: News): void {
      if (!muffled) for (const onNews of listeners.get(network) ?? []) onNews(news);
    }

    const presence: Presence = {
      hear,
      holds: (network) => held.has(network),
      wants: () => [...wanted.keys()],
      grant(network) {
        moment += 1;
        held.set(network, moment);
        wanted.get(network)?.onHeld();
      },
    };
    present.set(self, presence);

    return {
      peers: {
        self,
        moment: () => moment,
        holds: (network, since) => (held.get(network) ?? Number.POSITIVE_INFINITY) <= since,
        async compete(network, candidate) {
          wanted.set(network, candidate);
          grantFree();
          return async () => {
            if (wanted.get(network) !== candidate) return;
            if (held.delete(network)) candidate.onLost();
            wanted.delete(network);
            setImmediate(() => grantFree());
          };
        },
        listen(network, onNews) {
          const each = listeners.get(network) ?? new Set();
          listeners.set(network, each.add(onNews));
          return () => void each.delete(onNews);
        },
        prunes: async () => true,
        gone: async (_reading, owners) => new Set(owners.filter((owner) => !present.has(owner))),
      },
      tell(news) {
        for (const { network, id } of news)
          for (const other of present.values()) if (other !== presence) setImmediate(() => other.hear(network, id));
      },
      leave() {
        present.delete(self);
        setImmediate(() => grantFree());
      },
      breakSession(late) {
        const lost = [...held.keys()];
        held.clear();
        // It is told before it can have its own right again, but perhaps not before another has it.
        const others = [...present.values()].filter((each) => each !== presence);
        if (late) for (const network of lost) others.find((each) => each.wants().includes(network))?.grant(network);
        for (const network of lost) wanted.get(network)?.onLost();
        grantFree(presence);
      },
      muffle(on) {
        if (muffled && !on) {
          muffled = false;
          for (const network of listeners.keys()) hear(network, undefined);
        }
        muffled = on;
      },
    };
  }

  return { join };
}
