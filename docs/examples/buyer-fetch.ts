/** A buyer: @x402/fetch. Pays sellers of both versions. */
import { registerExactEvmScheme } from '@x402/evm/exact/client';
import { wrapFetchWithPayment, x402Client } from '@x402/fetch';
import { privateKeyToAccount } from 'viem/accounts';

const { PRIVATE_KEY = '', URL_TO_BUY = 'http://127.0.0.1:4021/report' } = process.env;
const signer = privateKeyToAccount(`0x${PRIVATE_KEY.replace(/^0x/, '')}`);
const client = registerExactEvmScheme(new x402Client(), { signer });
client.setSpendControls({ maxAmountPerPayment: '$0.10', allowedAssets: true });

const response = await wrapFetchWithPayment(fetch, client)(URL_TO_BUY);
process.stdout.write(`${response.status} ${await response.text()}\n`);
