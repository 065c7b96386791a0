/** The reference facilitator behind express, wired as its documentation shows, without logging. Reads RPC_URL, PRIVATE_KEY, PORT, NONCE_MANAGER. */
import { x402Facilitator } from '@x402/core/facilitator';
import { toFacilitatorEvmSigner } from '@x402/evm';
import { ExactEvmScheme } from '@x402/evm/exact/facilitator';
import express, { type Request, type Response } from 'express';
import { createWalletClient, http, isHex, publicActions } from 'viem';
import { nonceManager, privateKeyToAccount } from 'viem/accounts';
import { verifyTypedData } from 'viem/actions';
import { baseSepolia } from 'viem/chains';

const { RPC_URL, PRIVATE_KEY, PORT, NONCE_MANAGER } = process.env;
if (!isHex(PRIVATE_KEY)) throw new Error('PRIVATE_KEY is not set');

const account = privateKeyToAccount(PRIVATE_KEY, NONCE_MANAGER === 'on' ? { nonceManager } : {});
const client = createWalletClient({ account, chain: baseSepolia, transport: http(RPC_URL) }).extend(publicActions);
const signer = toFacilitatorEvmSigner({
  address: account.address,
  getCode: client.getCode,
  readContract: client.readContract,
  // The client's own method under its general type.
  verifyTypedData: (args) => verifyTypedData(client, args),
  writeContract: client.writeContract,
  sendTransaction: client.sendTransaction,
  waitForTransactionReceipt: client.waitForTransactionReceipt,
});
const facilitator = new x402Facilitator().register('eip155:84532', new ExactEvmScheme(signer));

const answer = (work: (request: Request) => unknown) => async (request: Request, response: Response) => {
  try {
    response.json(await work(request));
  } catch (fault) {
    response.status(500).json({ error: fault instanceof Error ? fault.message : 'Unknown error' });
  }
};

express()
  .use(express.json())
  .post(
    '/verify',
    answer(({ body }) => facilitator.verify(body.paymentPayload, body.paymentRequirements)),
  )
  .post(
    '/settle',
    answer(({ body }) => facilitator.settle(body.paymentPayload, body.paymentRequirements)),
  )
  .get(
    '/supported',
    answer(() => facilitator.getSupported()),
  )
  .listen(Number(PORT), '127.0.0.1');
