/** A chain, a journal that outlives processes, and facilitator processes that come and go between the two. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Anvil,
  type Interception,
  newWallet,
  type RpcCall,
  randomNonce,
  startForwarder,
  startPostgres,
  type Wallet,
} from '@facilitator/testing';
import { type Hex, keccak256 } from 'viem';
import { expect, onTestFinished } from 'vitest';
import { startChain } from '../stage/chain.ts';
import { openScene, type Scene } from '../stage/scene.ts';
import { type ServerProcess, type Started, startServer } from '../stage/server-process.ts';

export type Store = 'SQLite' | 'PostgreSQL';
export type Intercept = (call: RpcCall) => Interception | Promise<Interception>;

export type House = {
  readonly anvil: Anvil;
  readonly signer: Wallet;
  scene(): Promise<Scene>;
  /** Whatever no process may say: keys, addresses of the RPC and the database, every signature so far. */
  secrets(): readonly string[];
  /** Decides from now on about every call on its way to the chain. */
  intercept(how: Intercept): void;
  /** Ends every session on the database. */
  endSessions(): Promise<void>;
  /** Starts a process on the house's journal and chain. */
  start(env?: Readonly<Record<string, string>>): Promise<Started>;
  /** The same, when it has to come up. Killed at the end of the test if it still runs. */
  serve(env?: Readonly<Record<string, string>>): Promise<ServerProcess>;
};

export const pass: Intercept = () => ({ action: 'pass' });

const GAS_MONEY = 10n ** 19n;

/** Lives as long as the test. When it goes, what its processes said is searched for secrets. */
export async function openHouse(store: Store, options: { readonly blockTime?: number } = {}): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), 'facilitator-durability-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const anvil = await startChain(options);
  onTestFinished(() => anvil.stop());
  let how = pass;
  const forwarder = await startForwarder({ upstream: anvil.url, intercept: (call) => how(call) });
  onTestFinished(() => forwarder.stop());
  const signer = newWallet();
  await anvil.setBalance(signer.address, GAS_MONEY);
  const database = store === 'SQLite' ? undefined : await startPostgres();
  onTestFinished(() => database?.stop());
  const journalUrl = database?.url ?? `sqlite:${join(folder, 'journal.db')}`;

  const secret = randomNonce().slice(2, 34);
  const secrets = [
    secret,
    signer.privateKey.slice(2),
    ...(database === undefined ? [] : [new URL(journalUrl).password]),
  ];

  async function start(env: Readonly<Record<string, string>> = {}): Promise<Started> {
    const started = await startServer(
      {
        JOURNAL_URL: journalUrl,
        EVM_PRIVATE_KEY_TESTNET: signer.privateKey,
        RPC_URL_BASE_SEPOLIA: `${forwarder.url}/${secret}`,
        ...env,
      },
      folder,
    );
    if (started.status === 'ended') return started;
    const { server } = started;
    onTestFinished(async () => {
      server.kill('SIGKILL');
      await server.ended;
      expect(secrets.filter((each) => server.told().includes(each))).toEqual([]);
    });
    return started;
  }

  return {
    ...{ anvil, signer, start },
    secrets: () => secrets,
    async endSessions() {
      await database?.endSessions();
    },
    scene: () => openScene(anvil, 2, (signature) => secrets.push(signature.slice(2, 66), signature.slice(66, 130))),
    intercept(next) {
      how = next;
    },
    async serve(env) {
      const started = await start(env);
      if (started.status === 'ended') throw new Error(started.ending.output);
      return started.server;
    },
  };
}

/** The hash of the transaction that a call hands over; undefined for other calls. */
export function handedOver({ method, params: [bytes] }: RpcCall): Hex | undefined {
  return method === 'eth_sendRawTransaction' ? keccak256(bytes as Hex) : undefined;
}

/** Kills it as the system would when memory runs out, and waits until it is gone. */
export async function killHard(server: ServerProcess): Promise<void> {
  server.kill('SIGKILL');
  await server.ended;
}
