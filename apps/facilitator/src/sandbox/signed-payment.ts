/** A payment signed and not yet spent, in a file, for `curl`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { paymentRequestV2, type SandboxChain, signAuthorization } from '@facilitator/testing';

/** 0.02 USDC. */
const AMOUNT = 20_000n;
/** Somebody may come back to the terminal after lunch. */
const GOOD_FOR_SECONDS = 86_400;

/** Answers the path of the request body. */
export async function leaveSignedPayment(chain: SandboxChain, folder: string): Promise<string> {
  const { buyer, seller, usdc, chainId } = chain;
  const payload = await signAuthorization({
    privateKey: buyer.privateKey,
    chainId,
    token: usdc,
    to: seller.address,
    value: AMOUNT,
    validBefore: BigInt(Math.floor(Date.now() / 1000) + GOOD_FOR_SECONDS),
  });
  const request = paymentRequestV2({
    network: `eip155:${chainId}`,
    asset: usdc.address,
    payTo: seller.address,
    amount: AMOUNT,
    payload,
    extra: { name: usdc.name, version: usdc.version },
  });
  const path = join(folder, 'payment.json');
  writeFileSync(path, `${JSON.stringify(request, undefined, 2)}\n`, { mode: 0o600 });
  return path;
}
