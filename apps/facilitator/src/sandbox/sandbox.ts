/** A whole x402 world on this machine: a chain, a facilitator, a shop and a buyer. Needs no network and no configuration. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type SandboxChain, startSandboxChain } from '@facilitator/testing';
import type { Logger } from 'pino';
import { leavePurse, takePurse } from '../buyer/purse.ts';
import type { Config, ServerConfig } from '../config/config.ts';
import { readConfig } from '../config/read-config.ts';
import { createFacilitator, type Facilitator } from '../facilitator.ts';
import { firstFreePort } from './first-free-port.ts';
import { ownFolder } from './own-folder.ts';
import { REPORT_PATH, type Seller, type SellerStep, startSeller } from './seller.ts';
import { leaveSignedPayment } from './signed-payment.ts';

export type SandboxOptions = {
  readonly server: ServerConfig;
  readonly log: Logger;
  /** Ports to try first. */
  readonly ports: { readonly facilitator: number; readonly seller: number };
  /** Told what the shop and the facilitator say to one another. */
  readonly tell: (step: SellerStep) => void;
};

export type Sandbox = {
  readonly chain: SandboxChain;
  readonly url: string;
  /** What the buyer can buy. */
  readonly reportUrl: string;
  /** A file with a signed, unspent payment: the body for /verify and /settle. */
  readonly paymentPath: string;
  readonly config: Config;
  close(graceMs?: number): Promise<void>;
};

/** Only this machine reaches it: its keys are for play. */
const SANDBOX_HOST = '127.0.0.1';

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { log, ports, tell } = options;
  const folder = ownFolder();
  const closers: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const chain = await startSandboxChain();
    closers.push(() => chain.stop());
    const config = sandboxConfig(chain, options.server, folder);
    const facilitator = await createFacilitator(config, { log });
    closers.push(() => facilitator.close());
    const url = await listen(facilitator, ports.facilitator);
    await facilitator.open();
    const seller = await sell(chain, url, ports.seller, tell);
    closers.push(() => seller.close());
    leavePurse(seller.port, chain.buyer.privateKey);
    closers.push(() => takePurse(seller.port));
    return {
      chain,
      url,
      config,
      reportUrl: `${seller.url}${REPORT_PATH}`,
      paymentPath: await leaveSignedPayment(chain, folder),
      async close(graceMs = 0) {
        await facilitator.close(graceMs);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function sandboxConfig(chain: SandboxChain, server: ServerConfig, folder: string): Config {
  const reading = readConfig({
    RPC_URL_BASE_SEPOLIA: chain.anvil.url,
    EVM_PRIVATE_KEY_TESTNET: chain.facilitator.privateKey,
    JOURNAL_URL: `sqlite:${join(folder, 'journal.db')}`,
  });
  if (reading.status !== 'config') throw new Error('the sandbox is not configured as it should be');
  return { ...reading.config, server };
}

async function listen(facilitator: Facilitator, wanted: number): Promise<string> {
  return facilitator.listen({ host: SANDBOX_HOST, port: await firstFreePort(SANDBOX_HOST, wanted) });
}

async function sell(chain: SandboxChain, url: string, wanted: number, tell: SandboxOptions['tell']): Promise<Seller> {
  const port = await firstFreePort(SANDBOX_HOST, wanted);
  return startSeller({ host: SANDBOX_HOST, port, facilitatorUrl: url, payTo: chain.seller.address, tell });
}
