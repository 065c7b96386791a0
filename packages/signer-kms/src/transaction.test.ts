import { KMSClient } from '@aws-sdk/client-kms';
import type { Signer } from '@facilitator/engine';
import {
  type Anvil,
  BASE_SEPOLIA_USDC,
  balanceOf,
  fund,
  type KmsDouble,
  minedReceipt,
  newWallet,
  putToken,
  signAuthorization,
  someAddress,
  startAnvil,
  startKmsDouble,
  transferCalldata,
} from '@facilitator/testing';
import {
  type Address,
  bytesToHex,
  type Hex,
  keccak256,
  parseGwei,
  serializeTransaction,
  type TransactionSerializable,
} from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kmsSigner } from './kms-signer.ts';

let anvil: Anvil;
let kms: KmsDouble;
let client: KMSClient;
let signer: Signer;
beforeAll(async () => {
  [anvil, kms] = await Promise.all([startAnvil({ chainId: 84532 }), startKmsDouble()]);
  client = new KMSClient({ endpoint: kms.url, region: kms.region, credentials: kms.credentials });
  signer = await kmsSigner({ client, keyId: kms.createKey().arn });
  await anvil.setBalance(signer.address as Address, 10n ** 18n);
});
afterAll(async () => {
  client.destroy();
  await Promise.all([kms.stop(), anvil.stop()]);
});

/** Signs as a chain does, by a digest of its own making. Answers the transaction's hash, known before it is sent. */
async function send(transaction: TransactionSerializable): Promise<Hex> {
  const signature = await signer.sign(keccak256(serializeTransaction(transaction), 'bytes'));
  const bytes = serializeTransaction(transaction, {
    r: bytesToHex(signature.subarray(0, 32)),
    s: bytesToHex(signature.subarray(32, 64)),
    yParity: signature[64] ?? expect.fail('no parity'),
    v: 27n + BigInt(signature[64] ?? 0),
  });
  const hash = keccak256(bytes);
  expect(await anvil.rpc('eth_sendRawTransaction', [bytes])).toBe(hash);
  return hash;
}

test('a chain takes its transactions, with fees of either kind, in a row', async () => {
  const to = someAddress();
  const common = { chainId: anvil.chainId, to, value: 1n, gas: 21_000n } as const;
  for (let nonce = 0; nonce < 8; nonce += 1) {
    const hash = await send(
      nonce % 2 === 0
        ? { ...common, nonce, type: 'eip1559', maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: 1n }
        : { ...common, nonce, type: 'legacy', gasPrice: parseGwei('10') },
    );
    expect(await minedReceipt(anvil, hash)).toMatchObject({ status: 'success' });
    const { from } = (await anvil.rpc('eth_getTransactionByHash', [hash])) as { from: string };
    expect(from).toBe(signer.address.toLowerCase());
  }
  expect(await anvil.rpc('eth_getBalance', [to, 'latest'])).toBe('0x8');
});

test('a payment is carried by it', async () => {
  const token = await putToken(anvil, BASE_SEPOLIA_USDC);
  const [payer, payee] = [newWallet(), newWallet()];
  await fund(anvil, token, payer.address, 5_000n);
  const { privateKey } = payer;
  const payload = await signAuthorization({ privateKey, chainId: 84532, token, to: payee.address, value: 1_000n });
  const hash = await send({
    type: 'eip1559',
    chainId: anvil.chainId,
    nonce: Number(await anvil.rpc('eth_getTransactionCount', [signer.address, 'latest'])),
    to: token.address,
    data: transferCalldata(payload, 'vrs'),
    gas: 200_000n,
    maxFeePerGas: parseGwei('10'),
    maxPriorityFeePerGas: 1n,
  });
  expect(await minedReceipt(anvil, hash)).toMatchObject({ status: 'success' });
  expect(await balanceOf(anvil, token, payee.address)).toBe(1_000n);
});
