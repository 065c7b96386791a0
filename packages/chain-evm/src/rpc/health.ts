/** What is known of an endpoint: learned from its answers, and from probes when something is wrong or long ago. */
import type { Clock } from '@facilitator/engine';

/**
 * `good`      asked first
 * `stale`     its newest block is old: asked when no good one is there
 * `left`      it failed: left alone for a while, and asked only when nobody else is there
 * `excluded`  it serves another chain, or has not said yet which: never asked
 */
export type Standing = 'good' | 'stale' | 'left' | 'excluded';

/** What a probe found. */
export type Finding = {
  readonly chainId: bigint;
  readonly head: bigint;
  /** Of the newest block, in seconds. */
  readonly time: bigint;
};

export type Health = {
  standing(): Standing;
  /** False while it is excluded and not the only one. */
  isServing(): boolean;
  /** Why it is not good; empty when it is. Safe to show. */
  why(): string;
  /** The highest block it has shown. */
  head(): bigint;
  /** Of 1: how often it failed lately. */
  errors(): number;
  /** Whether it is time for a probe. */
  isProbeDue(): boolean;
  /** Milliseconds for which it asked not to be asked. */
  quietMs(): number;
  answered(): void;
  failed(why: string): void;
  /** It wants no traffic for so long. */
  wantsQuiet(ms: number, why: string): void;
  reached(block: bigint): void;
  /** It has no block above this one, whatever it has shown. */
  returned(block: bigint): void;
  probed(finding: Finding): void;
};

export type HealthOptions = {
  readonly clock: Clock;
  readonly chainId: number;
  readonly blockMs: number;
  /** The only endpoint there is: asked without having said which chain it serves, and never probed. */
  readonly lone: boolean;
  /** Told when the standing has changed. */
  readonly onChange: (standing: Standing, why: string) => void;
};

const SHORTEST_REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;
/** Another chain's endpoint needs its operator. */
const WRONG_CHAIN_REST_MS = 60_000;
const STALE_REST_MS = 5_000;
const INFORMED_MS = 20_000;
const BLOCKS = 10;
const ERROR_WEIGHT = 0.1;

export function createHealth({ clock, chainId, blockMs, lone, onChange }: HealthOptions): Health {
  const blocksMs = blockMs * BLOCKS;
  /** Seconds after which a newest block is old. */
  const oldAfter = BigInt(Math.ceil((10_000 + blocksMs) / 1000));
  const informedMs = Math.max(INFORMED_MS, blocksMs);
  let standing: Standing = lone ? 'good' : 'excluded';
  let why = lone ? '' : 'it has not said yet which chain it serves';
  let isRightChain = lone;
  let head = 0n;
  let errors = 0;
  let failures = 0;
  let probeAt = 0;
  let quietUntil = 0;
  let told: { readonly standing: Standing; readonly why: string } = { standing: 'good', why: '' };

  function become(next: Standing, because: string, probeInMs: number): void {
    standing = next;
    why = because;
    probeAt = clock.milliseconds() + probeInMs;
    tell(next, because);
  }

  function tell(next: Standing, because: string): void {
    // An endpoint that fails again and again is told once; which chain it turned out to serve is news.
    if (next === told.standing && (next !== 'excluded' || because === told.why)) return;
    told = { standing: next, why: because };
    onChange(next, because);
  }

  const quietMs = () => Math.max(0, quietUntil - clock.milliseconds());

  return {
    standing: () => (standing !== 'excluded' && quietMs() > 0 ? 'left' : standing),
    isServing: () => lone || standing !== 'excluded',
    why: () => (why === '' && quietMs() > 0 ? 'it wants less traffic' : why),
    head: () => head,
    errors: () => errors,
    isProbeDue: () => !lone && clock.milliseconds() >= probeAt && quietMs() === 0,
    quietMs,
    answered() {
      errors -= errors * ERROR_WEIGHT;
      if (lone) become('good', '', 0);
      // After a silence it asked for.
      else if (standing !== 'excluded') tell(standing, why);
      if (standing !== 'left') failures = 0;
    },
    failed(because) {
      errors += (1 - errors) * ERROR_WEIGHT;
      failures += 1;
      const rest = Math.min(SHORTEST_REST_MS * 2 ** (failures - 1), LONGEST_REST_MS);
      become(isRightChain ? 'left' : 'excluded', because, rest);
    },
    wantsQuiet(ms, because) {
      errors += (1 - errors) * ERROR_WEIGHT;
      quietUntil = Math.max(quietUntil, clock.milliseconds() + ms);
      tell('left', because);
    },
    reached(block) {
      if (block > head) head = block;
    },
    returned(block) {
      if (block < head) head = block;
    },
    probed(finding) {
      isRightChain = finding.chainId === BigInt(chainId);
      failures = 0;
      const age = clock.now() - finding.time;
      if (!isRightChain) {
        head = 0n;
        become('excluded', `it serves chain ${finding.chainId}`, WRONG_CHAIN_REST_MS);
      } else if (age > oldAfter) become('stale', `its newest block is ${age} s old`, STALE_REST_MS);
      else become('good', '', informedMs);
    },
  };
}
