/** A seller: uvd-x402-sdk. Verifies, works, settles, and delivers only what is settled. */
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { buildPaymentRequirements, FacilitatorClient, parsePaymentHeader } from 'uvd-x402-sdk/backend';

const { FACILITATOR_URL = 'http://127.0.0.1:8080', PORT = '4021' } = process.env;
const facilitator = new FacilitatorClient({ baseUrl: FACILITATOR_URL });
const requirements = buildPaymentRequirements({
  amount: '0.01',
  recipient: '0x2222222222222222222222222222222222222222',
  resource: `http://127.0.0.1:${PORT}/report`,
  chainName: 'base',
  x402Version: 1,
});

const shop = new Hono();
shop.get('/report', async (context) => {
  const refuse = (error: string) => context.json({ x402Version: 1, error, accepts: [requirements] }, 402);
  const payment = parsePaymentHeader(context.req.header('x-payment') ?? '');
  if (payment === null) return refuse('X-PAYMENT header is required');
  const verified = await facilitator.verify(payment, requirements);
  if (!verified.isValid) return refuse(verified.invalidReason ?? 'invalid');
  const report = { report: 'All is well.' };
  const settled = await facilitator.settle(payment, requirements);
  // This client calls every answer with status 200 a success. Only a settled payment has a hash here.
  if (settled.transactionHash === undefined) return refuse(settled.error ?? 'not settled');
  return context.json(report);
});
serve({ fetch: shop.fetch, port: Number(PORT) }, () => process.stdout.write(`http://127.0.0.1:${PORT}/report\n`));
