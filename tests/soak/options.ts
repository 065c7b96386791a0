/** What a soak can be told. */

export type SoakOptions = {
  /** New payments each second, in one burst. */
  readonly rate: number;
  /** No new payment after so many milliseconds. */
  readonly forMs: number;
  /** No new payment after so many. */
  readonly payments: number;
  /** Bad weather between the servers and the chain. */
  readonly chaos: boolean;
  /** kill -9 of one server every so many milliseconds; never unless given. */
  readonly killEveryMs?: number;
  readonly store: 'SQLite' | 'PostgreSQL';
  /** Processes on one journal. More than one need PostgreSQL. */
  readonly servers: number;
  /** Seconds between blocks. */
  readonly blockTime: number;
  /** Decides payments, weather and who is killed. */
  readonly seed: number;
  /** Where the servers' logs are left. */
  readonly keep?: string;
};

/** Ten minutes of steady payments in fair weather. */
export const USUAL: SoakOptions = {
  rate: 20,
  forMs: 600_000,
  payments: Number.POSITIVE_INFINITY,
  chaos: false,
  store: 'SQLite',
  servers: 1,
  blockTime: 1,
  seed: 1,
};
