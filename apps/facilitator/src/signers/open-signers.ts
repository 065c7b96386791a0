/** The keys of a configuration as signers. Those in a key service are asked for, and waited for while it is only busy. */
import { localSigner } from '@facilitator/chain-evm';
import type { Clock, Signer } from '@facilitator/engine';
import type { KmsFault, KmsPool } from '@facilitator/signer-kms';
import type { KmsKeys, NetworkPlan, Problem } from '../config/config.ts';

/** What passes by itself is asked for again until this long after the first time. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;

export type OpenSigners = {
  readonly clock: Clock;
  /** Milliseconds; 0 asks once. */
  readonly patienceMs?: number;
  /** Hears of every attempt that will be made again. */
  readonly onRetry?: (faults: readonly KmsFault[]) => void;
};

export type Signers =
  | {
      readonly status: 'open';
      /** Those that sign for a network; one per address, because a signer is a lane. */
      of(plan: NetworkPlan): readonly Signer[];
      /** Ends the connections to key services. Nothing signs afterwards. */
      close(): void;
    }
  /** Safe to show: they name keys by their place in the variable. */
  | { readonly status: 'problems'; readonly problems: readonly Problem[] };

/** Asks each key that `plans` name once, however many networks it signs for. */
export async function openSigners(plans: readonly NetworkPlan[], options: OpenSigners): Promise<Signers> {
  const wanted = new Map(plans.flatMap(({ kms }) => (kms === undefined ? [] : [[kms.variable, kms] as const])));
  const opened = await Promise.all(
    [...wanted.values()].map(async (kms) => ({ kms, pool: await openPatiently(kms, options) })),
  );
  const problems = opened.flatMap(({ kms, pool }) =>
    pool.status === 'faults' ? pool.faults.map((fault) => problemOf(kms, fault)) : [],
  );
  const close = () => {
    for (const { pool } of opened) if (pool.status === 'open') pool.close();
  };
  if (problems.length > 0) {
    close();
    return { status: 'problems', problems };
  }
  const remote = new Map(
    opened.map(({ kms, pool }) => [kms.variable, pool.status === 'open' ? pool.signers : []] as const),
  );
  return {
    status: 'open',
    close,
    of: ({ keys, kms }) => {
      const signers = [...keys.map(localSigner), ...((kms && remote.get(kms.variable)) ?? [])];
      const addresses = signers.map(({ address }) => address);
      return signers.filter(({ address }, index) => addresses.indexOf(address) === index);
    },
  };
}

async function openPatiently({ keyIds }: KmsKeys, options: OpenSigners): Promise<KmsPool> {
  const { clock, patienceMs = PATIENCE_MS, onRetry } = options;
  // The SDK is large: whoever has no key there never loads it.
  const { openKmsPool } = await import('@facilitator/signer-kms');
  const since = clock.milliseconds();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    const pool = await openKmsPool({ keyIds });
    if (pool.status === 'open' || !pool.faults.every(({ passing }) => passing)) return pool;
    if (clock.milliseconds() - since + pauseMs > patienceMs) return pool;
    onRetry?.(pool.faults);
    const pause = Promise.withResolvers<void>();
    clock.after(pauseMs, pause.resolve);
    await pause.promise;
  }
}

function problemOf({ variable }: KmsKeys, { message, passing }: KmsFault): Problem {
  const fix = passing ? 'Start again when AWS KMS answers.' : `Mend it in AWS, or take the key out of ${variable}.`;
  return { variable, expected: message.replace(/\.$/, ''), fix };
}

/** No signer, no facilitator: carries out of the start what must be mended. */
export class UnusableKeys extends Error {
  override readonly name = 'UnusableKeys';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('Some of the configured keys cannot be used.');
    this.problems = problems;
  }
}
