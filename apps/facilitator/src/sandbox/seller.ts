/** A shop with one thing to sell, built like any seller's server: hono and the public x402 middleware. */
import { once } from 'node:events';
import { serve } from '@hono/node-server';
import { HTTPFacilitatorClient } from '@x402/core/server';
import { ExactEvmScheme } from '@x402/evm/exact/server';
import { paymentMiddleware, x402ResourceServer } from '@x402/hono';
import { Hono } from 'hono';

/** What the facilitator told the seller. */
export type SellerStep = {
  readonly step: 'verify' | 'settle';
  readonly ok: boolean;
  /** The code of a refusal. */
  readonly reason: string;
  readonly ms: number;
};

export type SellerOptions = {
  readonly host: string;
  readonly port: number;
  readonly facilitatorUrl: string;
  readonly payTo: string;
  readonly tell: (step: SellerStep) => void;
};

export type Seller = {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
};

export const REPORT_PATH = '/demo/report';
const REPORT_PRICE = '$0.01';

/** Starts the shop. It asks the facilitator what it serves before it answers. */
export async function startSeller(options: SellerOptions): Promise<Seller> {
  const { host, port, facilitatorUrl, payTo, tell } = options;
  const resources = new x402ResourceServer(new HTTPFacilitatorClient({ url: facilitatorUrl })).register(
    'eip155:84532',
    new ExactEvmScheme(),
  );
  let asked = performance.now();
  const since = () => Math.round(performance.now() - asked);
  const start = async () => {
    asked = performance.now();
  };
  resources
    .onBeforeVerify(start)
    .onAfterVerify(async ({ result }) => {
      tell({ step: 'verify', ok: result.isValid, reason: result.invalidReason ?? '', ms: since() });
    })
    .onBeforeSettle(start)
    .onAfterSettle(async ({ result }) => {
      tell({ step: 'settle', ok: result.success, reason: result.errorReason ?? '', ms: since() });
    });

  const shop = new Hono();
  const accepts = { scheme: 'exact', price: REPORT_PRICE, network: 'eip155:84532', payTo } as const;
  shop.use(paymentMiddleware({ [`GET ${REPORT_PATH}`]: { accepts, description: 'A report worth a cent' } }, resources));
  shop.get(REPORT_PATH, (context) => context.json({ report: 'All is well.', at: new Date().toISOString() }));
  shop.notFound((context) => context.json({ error: `For sale: ${REPORT_PATH}` }, 404));

  const server = serve({ fetch: shop.fetch, hostname: host, port });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the shop listens nowhere');
  return {
    url: `http://${host}:${address.port}`,
    port: address.port,
    async close() {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
