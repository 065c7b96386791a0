/** A seller: hono with @x402/hono. */
import { serve } from '@hono/node-server';
import { HTTPFacilitatorClient } from '@x402/core/server';
import { ExactEvmScheme } from '@x402/evm/exact/server';
import { paymentMiddleware, x402ResourceServer } from '@x402/hono';
import { Hono } from 'hono';

const { FACILITATOR_URL = 'http://127.0.0.1:8080', PORT = '4021' } = process.env;
const facilitator = new HTTPFacilitatorClient({ url: FACILITATOR_URL });
const resources = new x402ResourceServer(facilitator).register('eip155:84532', new ExactEvmScheme());
const accepts = {
  scheme: 'exact',
  price: '$0.01',
  network: 'eip155:84532',
  payTo: '0x2222222222222222222222222222222222222222',
} as const;

const shop = new Hono();
shop.use(paymentMiddleware({ 'GET /report': { accepts, description: 'one report' } }, resources));
shop.get('/report', (context) => context.json({ report: 'All is well.' }));
serve({ fetch: shop.fetch, port: Number(PORT) }, () => process.stdout.write(`http://127.0.0.1:${PORT}/report\n`));
