/** Facilitators in this process, as people run them: over any chains, or with every answer and log line kept. */
import { type Config, type Running, readConfig, startFacilitator } from '@facilitator/app';
import type { Clock, Journal } from '@facilitator/engine';
import { newWallet, type Wallet } from '@facilitator/testing';
import { createLog } from '../../apps/facilitator/src/meter/log.ts';
import type { NetworkChain } from './network-chain.ts';

export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; `{}` when it is no JSON. */
  readonly body: Readonly<Record<string, unknown>>;
};

export type Endpoint = 'verify' | 'settle';
export type SentHeaders = Readonly<Record<string, string>>;

export type Facilitator = {
  readonly url: string;
  /** Pays for gas. */
  readonly signer: Wallet;
  /** Sends a body: text as it is, anything else as JSON. */
  post(path: Endpoint | 'pay', body: unknown, headers?: SentHeaders): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** All that anybody was told so far, and all log lines, unscrubbed. */
  told(): string;
  close(): Promise<void>;
};

export type FacilitatorOptions = {
  readonly rpcUrl: string;
  readonly signer?: Wallet;
  readonly env?: Readonly<Record<string, string>>;
  /** Content of CONFIG_FILE. */
  readonly file?: unknown;
  readonly clock?: Clock;
  /** Takes the place of the one in memory. */
  readonly journal?: Journal;
};

/** One whose answers and log lines are kept, to look for what must not be in them. */
export async function startHere(options: FacilitatorOptions): Promise<Facilitator> {
  const { rpcUrl, signer = newWallet(), env, file, clock, journal } = options;
  const reading = readConfig(
    {
      JOURNAL_URL: ':memory:',
      EVM_PRIVATE_KEY_TESTNET: signer.privateKey,
      RPC_URL_BASE_SEPOLIA: rpcUrl,
      ...env,
    },
    file === undefined ? undefined : JSON.stringify(file),
  );
  if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
  const told: string[] = [];
  // Not the server's own scrubber: nothing may depend on it.
  const log = createLog('trace', (text) => text, { write: (line) => told.push(line) });
  const running = await startFacilitator(reading.config, {
    log,
    ...(clock === undefined ? {} : { clock }),
    ...(journal === undefined ? {} : { journal }),
  });
  const { post, get } = callerOf(running.url, (text) => told.push(text));
  return { url: running.url, signer, post, get, told: () => told.join('\n'), close: () => running.close() };
}

/**
 * The configuration that an operator's environment would give for these chains. `env` adds to it. One key pays on all
 * test networks and one on all main networks, so chains of a kind must share their facilitator's wallet.
 */
export function configFor(chains: readonly NetworkChain[], env: Readonly<Record<string, string>> = {}): Config {
  const variables: Record<string, string> = { JOURNAL_URL: ':memory:' };
  for (const { network, anvil, facilitator } of chains) {
    variables[`RPC_URL_${network.env}`] = anvil.url;
    variables[`EVM_PRIVATE_KEY_${network.testnet ? 'TESTNET' : 'MAINNET'}`] = facilitator.privateKey;
  }
  const reading = readConfig({ ...variables, ...env });
  if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
  return reading.config;
}

/** Starts it on any free port, with its journal in memory. Ready when this resolves. */
export function facilitatorFor(
  chains: readonly NetworkChain[],
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  return startFacilitator(configFor(chains, env));
}

/** Talks to a facilitator. `onAnswer` hears of every answer, headers included. */
export function callerOf(url: string, onAnswer: (text: string) => void = () => undefined) {
  async function answerOf(response: Response): Promise<Answer> {
    const { status, headers } = response;
    const text = await response.text();
    onAnswer(`${status} ${JSON.stringify([...headers])} ${text}`);
    return { status, headers, text, body: parsed(text) };
  }
  return {
    async post(path: Endpoint | 'pay', body: unknown, headers: SentHeaders = {}): Promise<Answer> {
      const sent = typeof body === 'string' ? body : JSON.stringify(body);
      const type = { 'content-type': 'application/json' };
      return answerOf(await fetch(`${url}/${path}`, { method: 'POST', body: sent, headers: { ...type, ...headers } }));
    },
    async get(path: string): Promise<Answer> {
      return answerOf(await fetch(`${url}${path}`));
    },
  };
}

function parsed(text: string): Answer['body'] {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
