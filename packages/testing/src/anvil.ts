/** A real EVM chain on loopback: anvil's native binary, started and stopped by its process id. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Address, numberToHex } from 'viem';
import { type Child, startChild } from './child.ts';
import { createRpc, type Rpc } from './rpc.ts';
import { newWallet, type Wallet } from './wallet.ts';

export type AnvilOptions = {
  readonly chainId: number;
  /**
   * Seconds between blocks. Without it a block is mined for each transaction, and another each second so that the time
   * of `latest` stays near the wall clock: otherwise it would be the time of the last transaction.
   */
  readonly blockTime?: number;
  /** Block gas limit; 30,000,000 unless given. */
  readonly gasLimit?: number;
  /** `prague` unless given. `berlin` has no base fee and takes only legacy fees. */
  readonly hardfork?: 'berlin' | 'london' | 'paris' | 'shanghai' | 'cancun' | 'prague' | 'osaka';
  /** Funded wallets to make; 2 unless given. */
  readonly wallets?: number;
  /** Port to listen on; any free one unless given. */
  readonly port?: number;
  /** True keeps the terminal's Ctrl-C from the node: for servers that shut down in their own order. */
  readonly detached?: boolean;
  /** Further arguments for anvil. */
  readonly args?: readonly string[];
};

export type Anvil = {
  readonly url: string;
  readonly chainId: number;
  readonly pid: number;
  /** Fresh keys with 1,000 native coins each. */
  readonly accounts: readonly Wallet[];
  /** Asks the node. Rejects with the node's message, or when it cannot be reached. */
  readonly rpc: Rpc;
  /** Mines blocks at once, also while mining is paused. */
  mine(blocks?: number): Promise<void>;
  /** No block is mined until `resumeMining`; transactions wait in the pool. */
  pauseMining(): Promise<void>;
  /** Goes on as the options said, and mines what waits. */
  resumeMining(): Promise<void>;
  /** Replaces the last blocks by empty ones. Their transactions are gone: the node has not even kept them in its pool. */
  reorg(depth: number): Promise<void>;
  /** Sets a balance of native coin, in wei. */
  setBalance(address: Address, wei: bigint): Promise<void>;
  /** Stops the node. Safe to repeat. */
  stop(): Promise<void>;
};

const COIN = 10n ** 18n;
const HEARTBEAT_MS = 1_000;

/** Starts a chain and mines one block, because at block 0 calls see the timestamp 1. Needs about a tenth of a second. */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const { child, url } = await launch(options);
  const rpc = createRpc(url);
  // It would print every request. Starting it quietly would also hide which port it got.
  await rpc('anvil_setLoggingEnabled', [false]);
  const mine = async (blocks = 1) => {
    await rpc('anvil_mine', [numberToHex(blocks)]);
  };
  const setBalance = async (address: Address, wei: bigint) => {
    await rpc('anvil_setBalance', [address, numberToHex(wei)]);
  };
  let heartbeat: NodeJS.Timeout | undefined;
  let beat: Promise<void> | undefined;
  const pauseHeartbeat = () => clearInterval(heartbeat);
  const resumeHeartbeat = () => {
    if (options.blockTime !== undefined) return;
    // A beat that fails is no loss: the next request of whoever uses the chain will say what is wrong.
    heartbeat = setInterval(() => {
      beat = mine().catch(() => undefined);
    }, HEARTBEAT_MS).unref();
  };

  const accounts = Array.from({ length: options.wallets ?? 2 }, newWallet);
  await Promise.all(accounts.map(({ address }) => setBalance(address, 1_000n * COIN)));
  await mine();
  resumeHeartbeat();
  child.ended.then(pauseHeartbeat);

  return {
    url,
    chainId: options.chainId,
    pid: child.pid,
    accounts,
    rpc,
    mine,
    async pauseMining() {
      pauseHeartbeat();
      // One that is under way must not arrive after the first transaction that is to wait.
      await beat;
      await rpc('evm_setAutomine', [false]);
      await rpc('evm_setIntervalMining', [0]);
    },
    async resumeMining() {
      if (options.blockTime === undefined) await rpc('evm_setAutomine', [true]);
      else await rpc('evm_setIntervalMining', [options.blockTime]);
      await mine();
      pauseHeartbeat();
      resumeHeartbeat();
    },
    async reorg(depth) {
      await rpc('anvil_reorg', [depth, []]);
    },
    setBalance,
    async stop() {
      pauseHeartbeat();
      await child.stop('SIGTERM');
    },
  };
}

async function launch(options: AnvilOptions): Promise<{ readonly child: Child; readonly url: string }> {
  const address = Promise.withResolvers<string>();
  let output = '';
  const listen = (text: string) => {
    output += text;
    const line = /Listening on (\S+)\s/.exec(output);
    if (line?.[1] !== undefined) address.resolve(line[1]);
  };
  let onOutput = listen;
  const child = await startChild({
    command: binary(),
    args: argumentsFor(options),
    detached: options.detached ?? false,
    onOutput: (text) => onOutput(text),
  });
  const started = await Promise.race([address.promise, child.ended]);
  onOutput = () => undefined;
  if (started === undefined) throw new Error(`anvil did not start: ${child.complaint()}`);
  return { child, url: `http://${started}` };
}

/** The native binary: the package's own command is a Node process in front of it, which signals would not get past. */
function binary(): string {
  const { resolve } = createRequire(import.meta.resolve('@foundry-rs/anvil/package.json'));
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const folder = dirname(resolve(`@foundry-rs/anvil-${process.platform}-${arch}/package.json`));
  return join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
}

function argumentsFor(options: AnvilOptions): string[] {
  return [
    // Port 0 lets the system choose one that nobody else gets.
    ...['--host', '127.0.0.1', '--port', `${options.port ?? 0}`, '--chain-id', `${options.chainId}`],
    ...['--accounts', '1', '--hardfork', options.hardfork ?? 'prague'],
    ...(options.blockTime === undefined ? [] : ['--block-time', `${options.blockTime}`]),
    ...(options.gasLimit === undefined ? [] : ['--gas-limit', `${options.gasLimit}`]),
    ...(options.args ?? []),
  ];
}
