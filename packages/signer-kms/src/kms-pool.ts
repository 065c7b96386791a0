/** Several KMS keys as a pool of signers. */
import { KMSClient } from '@aws-sdk/client-kms';
import type { Signer } from '@facilitator/engine';
import { KmsFault } from './kms-fault.ts';
import { kmsSigner } from './kms-signer.ts';

export type KmsPoolOptions = {
  /** Key ids, ARNs or aliases; see KmsSignerOptions. */
  readonly keyIds: readonly string[];
  /**
   * Makes the client of a region; undefined is the region of the SDK's own configuration. Unless given, credentials,
   * endpoint and retries are as the SDK finds them.
   */
  readonly createClient?: (region: string | undefined) => KMSClient;
  /** Milliseconds for one call, with the SDK's retries. Default 5,000. */
  readonly timeoutMs?: number;
};

export type KmsPool =
  /** In the order given. Two names of one key make one signer, because a signer is a lane. */
  | {
      readonly status: 'open';
      readonly signers: readonly Signer[];
      /** Ends the connections; signatures under way fail. */
      close(): void;
    }
  /** One for each key that cannot be used. Their messages are safe to show and say which key of the list it is. */
  | { readonly status: 'faults'; readonly faults: readonly KmsFault[] };

/** Opens all keys at once. A key named by ARN is asked in its own region. */
export async function openKmsPool({ keyIds, createClient = clientOf, timeoutMs }: KmsPoolOptions): Promise<KmsPool> {
  const regions = keyIds.map(regionOf);
  const clients = new Map([...new Set(regions)].map((region) => [region, createClient(region)]));
  const opened = await Promise.all(
    keyIds.map(async (keyId, index) => {
      const client = clients.get(regions[index]);
      if (client === undefined) throw new Error('a region has no client');
      const called = keyIds.length === 1 ? 'the key' : `key ${index + 1} of ${keyIds.length}`;
      return kmsSigner({ client, keyId, called, ...(timeoutMs !== undefined && { timeoutMs }) }).catch(faultOrThrow);
    }),
  );
  const faults = opened.filter((one) => one instanceof KmsFault);
  const signers = opened.flatMap((one) => (one instanceof KmsFault ? [] : [one]));
  const close = () => {
    for (const client of clients.values()) client.destroy();
  };
  if (faults.length === 0) return { status: 'open', signers: distinct(signers), close };
  close();
  return { status: 'faults', faults };
}

function clientOf(region: string | undefined): KMSClient {
  return new KMSClient(region === undefined ? {} : { region });
}

/** The fourth part of `arn:aws:kms:eu-west-1:111122223333:key/…`. */
function regionOf(keyId: string): string | undefined {
  return keyId.startsWith('arn:') ? keyId.split(':')[3] : undefined;
}

function faultOrThrow(error: unknown): KmsFault {
  if (error instanceof KmsFault) return error;
  throw error;
}

function distinct(signers: readonly Signer[]): readonly Signer[] {
  return [...new Map(signers.map((signer) => [signer.address, signer])).values()];
}
