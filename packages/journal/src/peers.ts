/** The processes that share a store: who they are, which one writes for a network, and what they tell each other. */
import type { Candidate, News } from '@facilitator/engine';
import type { Caip2 } from '@facilitator/protocol';
import type { Reading, Writing } from './store.ts';

export type Peers = {
  /** This process's number among them. Stored with what it claims. */
  readonly self: bigint;
  /** Grows with every right to write that this process gets. */
  moment(): number;
  /** Whether it has been the one that writes for the network ever since that moment. Asked within the transaction. */
  holds(network: Caip2, since: number): boolean;
  compete(network: Caip2, candidate: Candidate): Promise<() => Promise<void>>;
  listen(network: Caip2, onNews: (news: News) => void): () => void;
  /** Whether this process may prune: one at a time does. Holds until the transaction ends. */
  prunes(transaction: Writing): Promise<boolean>;
  /** Those of `owners` whose process is gone for good. */
  gone(reading: Reading, owners: readonly bigint[]): Promise<ReadonlySet<bigint>>;
};

/** Something that a transaction does to a payment and that other processes hear of when it is committed. */
export type Told = { readonly network: Caip2; readonly id: string };

/** What a transaction needs to be committed as one of several processes. */
export type Seal = {
  /** Networks for which it prepares: it fails unless this process still writes for them. */
  readonly networks: Set<Caip2>;
  /** What it tells the others. */
  readonly news: Told[];
};

export function emptySeal(): Seal {
  return { networks: new Set(), news: [] };
}

/** Nobody else: the store belongs to this process, and whoever claimed something earlier is gone. */
export function alone(self: bigint): Peers {
  return {
    self,
    moment: () => 0,
    holds: () => true,
    async compete(_network, candidate) {
      let held = true;
      candidate.onHeld();
      return async () => {
        if (held) candidate.onLost();
        held = false;
      };
    },
    listen: () => () => undefined,
    prunes: async () => true,
    gone: async (_reading, owners) => new Set(owners.filter((owner) => owner !== self)),
  };
}
