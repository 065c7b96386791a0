/** A facilitator that takes part: how its process is started, and when it is ready. */
import type { Hex } from 'viem';

export type ContenderName = 'ours' | 'reference' | 'reference-nonces';

export type FacilitatorSettings = {
  readonly rpcUrl: string;
  /** Keys that pay for gas. */
  readonly keys: readonly Hex[];
  readonly port: number;
  /** An empty folder on disk for whatever it keeps. */
  readonly folder: string;
};

export type Contender = {
  readonly name: ContenderName;
  /** For people. */
  readonly label: string;
  readonly entry: URL;
  readonly args: readonly string[];
  /** For Node itself. */
  readonly flags?: readonly string[];
  /** Answers 200 from the moment on at which payments are taken. */
  readonly readyPath: string;
  env(settings: FacilitatorSettings): Readonly<Record<string, string>>;
};
