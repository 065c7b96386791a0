/** One measurement: what is asked of a facilitator, and what is read from it and from the chain. */
import type { Contender, ContenderName } from '../facilitators/contender.ts';
import type { Crowd } from '../payments.ts';
import type { Figures, Group, Setting } from '../result.ts';
import { openStage, type Stage } from '../stage.ts';

export type Surroundings = {
  readonly contender: Contender;
  readonly crowd: Crowd;
  readonly signal: AbortSignal;
};

export type Measured = {
  readonly figures: Figures;
  readonly answers: Readonly<Record<string, number>>;
  /** Calls to the chain by method, per request. */
  readonly calls: Readonly<Record<string, number>>;
};

export type Case = {
  readonly id: string;
  readonly group: Group;
  /** For the line that is shown while it runs. */
  readonly title: string;
  readonly setting: Setting;
  readonly contenders: readonly ContenderName[];
  measure(surroundings: Surroundings): Promise<Measured>;
};

/** Base's chains allow more; anvil's default is the usual of Ethereum before 2025. */
const USUAL_GAS_LIMIT = 30_000_000;

export const ORDINARY: Setting = {
  callers: 1,
  blocks: '1s',
  delayMs: 0,
  keys: 1,
  gasLimit: USUAL_GAS_LIMIT,
  seconds: 0,
};

/** `counted`: calls go through the proxy that counts (and delays) them, which costs time of its own. */
export function openStageFor(
  { contender, crowd, signal }: Surroundings,
  { blocks, keys, gasLimit, delayMs }: Setting,
  counted: boolean,
): Promise<Stage> {
  return openStage({
    contender,
    crowd,
    blocks,
    keys,
    signal,
    ...(gasLimit === USUAL_GAS_LIMIT ? {} : { gasLimit }),
    ...(counted ? { proxy: { delayMs } } : {}),
  });
}
