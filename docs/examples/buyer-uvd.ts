/** A buyer: uvd-x402-sdk. */
import { X402Client } from 'uvd-x402-sdk';

const { PRIVATE_KEY = '', URL_TO_BUY = 'http://127.0.0.1:4021/report' } = process.env;
const client = new X402Client({ defaultChain: 'base', x402Version: 1 });
await client.connectWithPrivateKey(PRIVATE_KEY);
const recipient = '0x2222222222222222222222222222222222222222';
const { paymentHeader } = await client.createPayment({ recipient, amount: '0.01' });

const response = await fetch(URL_TO_BUY, { headers: { 'x-payment': paymentHeader } });
process.stdout.write(`${response.status} ${await response.text()}\n`);
