/** News of payments between processes: a connection that listens, and the words in which the transactions speak. */
import type { Clock, News } from '@facilitator/engine';
import type { Caip2 } from '@facilitator/protocol';
import type { Client } from 'pg';
import type { Told } from '../peers.ts';

export type NewsWireOptions = {
  /** A new client that is not connected. */
  readonly client: () => Client;
  readonly clock: Clock;
  /** This process's number: its own words are skipped. */
  readonly self: bigint;
  readonly newsChannel: string;
  readonly freedChannel: string;
  /** Another process gave a right to write up, or may have. */
  readonly onFreed: () => void;
};

export type NewsWire = {
  listen(network: Caip2, onNews: (news: News) => void): () => void;
  stop(): Promise<void>;
};

/** Pause before another connection is tried. */
const RECONNECT_MS = 500;
/** A wire on which nothing comes may be broken: how often that is tried. */
const PROBE_MS = 5_000;
/** The server takes less than 8,000 bytes. */
const MOST_BYTES = 7_900;

/** Resolves when it listens. Rejects with the driver's error when it cannot; later it tries again by itself. */
export async function openNewsWire(options: NewsWireOptions): Promise<NewsWire> {
  const { clock, self, newsChannel, freedChannel, onFreed } = options;
  const listeners = new Map<Caip2, Set<(news: News) => void>>();
  let current: Client | undefined;
  let cancel = () => {};
  let stopped = false;

  async function connect(): Promise<void> {
    const client = options.client();
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      client.end().catch(() => undefined);
      if (client === current) reconnectLater();
    };
    client.on('error', end);
    client.once('end', end);
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === freedChannel) onFreed();
      else hear(payload);
    });
    try {
      await client.connect();
      await client.query(`listen ${newsChannel}; listen ${freedChannel}`);
    } catch (error) {
      end();
      throw error;
    }
    if (stopped) return end();
    if (over) throw new Error('Connection terminated unexpectedly');
    current = client;
    probeLater(client, end);
  }

  function probeLater(client: Client, end: () => void): void {
    cancel = clock.after(PROBE_MS, () => {
      client.query('select 1').then(
        () => {
          if (client === current && !stopped) probeLater(client, end);
        },
        () => end(),
      );
    });
  }

  function reconnectLater(): void {
    current = undefined;
    cancel();
    if (stopped) return;
    cancel = clock.after(RECONNECT_MS, () => {
      connect().then(
        () => {
          // Whatever was told in between, nobody here heard it.
          tellAll();
          onFreed();
        },
        () => reconnectLater(),
      );
    });
  }

  function hear(payload: string): void {
    const told = readNews(payload);
    if (told === undefined) tellAll();
    else if (told.by !== self) for (const onNews of listeners.get(told.network) ?? []) onNews(told.id);
  }

  function tellAll(): void {
    for (const each of listeners.values()) for (const onNews of each) onNews(undefined);
  }

  await connect();
  return {
    listen(network, onNews) {
      const each = listeners.get(network) ?? new Set();
      listeners.set(network, each.add(onNews));
      return () => void each.delete(onNews);
    },
    async stop() {
      stopped = true;
      cancel();
      const client = current;
      current = undefined;
      await client?.end().catch(() => undefined);
    },
  };
}

/** What one process tells the others of a payment. Too long an id is left out: then everybody looks for themselves. */
export function newsText(by: bigint, { network, id }: Told): string {
  const text = `${by} ${network} ${id}`;
  return Buffer.byteLength(text) <= MOST_BYTES ? text : `${by} ${network}`;
}

function readNews(text: string): (Told & { readonly by: bigint }) | undefined {
  const match = /^(\d{1,19}) ([^\s:]+):(\S+) (.+)$/s.exec(text);
  const [, by, space, reference, id] = match ?? [];
  if (by === undefined || space === undefined || reference === undefined || id === undefined) return undefined;
  return { by: BigInt(by), network: `${space}:${reference}`, id };
}
