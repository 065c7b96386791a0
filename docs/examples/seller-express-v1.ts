/** A seller of version 1: express with x402-express. */
import express from 'express';
import { paymentMiddleware } from 'x402-express';

const { FACILITATOR = '127.0.0.1:8080', PORT = '4021' } = process.env;
const url = `http://${FACILITATOR}` as const;
const payTo = '0x2222222222222222222222222222222222222222';

const shop = express();
shop.use(paymentMiddleware(payTo, { 'GET /report': { price: '$0.01', network: 'base-sepolia' } }, { url }));
shop.get('/report', (_, response) => {
  response.json({ report: 'All is well.' });
});
shop.listen(Number(PORT), () => process.stdout.write(`http://127.0.0.1:${PORT}/report\n`));
