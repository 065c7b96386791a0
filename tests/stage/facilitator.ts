/** A facilitator in this process whose every answer and log line is kept, to look for what must not be in them. */
import { readConfig, startFacilitator } from '@facilitator/app';
import type { Clock, Journal } from '@facilitator/engine';
import { newWallet, type Wallet } from '@facilitator/testing';
import { createLog } from '../../apps/facilitator/src/meter/log.ts';

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
