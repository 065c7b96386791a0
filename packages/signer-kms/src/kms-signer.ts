/** One KMS key as a signer. */
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { Signer } from '@facilitator/engine';
import { bytesToHex } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import { withinDeadline } from './deadline.ts';
import { faultOf, KmsFault } from './kms-fault.ts';
import { readPublicKey } from './public-key.ts';
import { recoverable } from './signature.ts';

export type KmsSignerOptions = {
  /** Region, credentials and retries are its own. The caller closes it. */
  readonly client: KMSClient;
  /** Key id, key ARN, alias name (`alias/…`) or alias ARN of an ECC_SECG_P256K1 key for SIGN_VERIFY. */
  readonly keyId: string;
  /** Milliseconds for one call, with the SDK's retries. Default 5,000. */
  readonly timeoutMs?: number;
  /** What faults call it before its address is known. Default "the key". */
  readonly called?: string;
};

/**
 * Asks for the public key once. Rejects with a KmsFault when the key cannot be used, as `sign` does later; neither
 * repeats what AWS said, because AWS names identities and accounts. An alias that is pointed at another key afterwards
 * changes nothing: the key found first is the one that signs.
 */
export async function kmsSigner(options: KmsSignerOptions): Promise<Signer> {
  const { client, keyId, timeoutMs = 5_000, called = 'the key' } = options;
  const unusable = `In AWS KMS, ${called} cannot be used`;
  const found = await ask(unusable, timeoutMs, (abortSignal) =>
    client.send(new GetPublicKeyCommand({ KeyId: keyId }), { abortSignal }),
  );
  const { arn, publicKey } = readPublicKey(found, unusable);
  const address = publicKeyToAddress(bytesToHex(publicKey));
  const refused = `AWS KMS does not sign for ${address}`;
  return {
    address,
    async sign(digest) {
      if (digest.length !== 32) throw new Error(`A digest has 32 bytes, not ${digest.length}.`);
      const { Signature: der } = await ask(refused, timeoutMs, (abortSignal) =>
        client.send(
          // DIGEST: KMS signs these bytes as they are. Which hash made them it cannot know.
          new SignCommand({ KeyId: arn, Message: digest, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }),
          { abortSignal },
        ),
      );
      const signature = der && recoverable(der, digest, publicKey);
      if (signature === undefined) throw new KmsFault(refused, 'not-its-signature');
      return signature;
    },
  };
}

async function ask<T>(task: string, timeoutMs: number, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await withinDeadline(timeoutMs, send);
  } catch (error) {
    throw faultOf(task, error);
  }
}
