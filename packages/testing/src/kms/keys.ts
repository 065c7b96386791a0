/** Keys of the KMS double, and the rules by which KMS lets them be used. */
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { type Address, bytesToHex } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';

export const REGION = 'eu-west-1';
const HOME = `arn:aws:kms:${REGION}:111122223333:`;

/** What each kind of key can do. */
const SPECS = {
  ECC_SECG_P256K1: { usage: 'SIGN_VERIFY', openssl: 'secp256k1', curve: secp256k1, algorithms: ['ECDSA_SHA_256'] },
  ECC_NIST_P256: { usage: 'SIGN_VERIFY', openssl: 'prime256v1', curve: p256, algorithms: ['ECDSA_SHA_256'] },
  SYMMETRIC_DEFAULT: { usage: 'ENCRYPT_DECRYPT', openssl: undefined, curve: undefined, algorithms: [] },
} as const;

export type KmsKeySpec = keyof typeof SPECS;
export type KmsKeyState = 'Enabled' | 'Disabled' | 'PendingDeletion';

export type KmsKey = {
  readonly keyId: string;
  readonly arn: string;
  readonly spec: KmsKeySpec;
  /** Of ECC_SECG_P256K1 keys only. */
  readonly address: Address | undefined;
  /** Of elliptic-curve keys only. */
  readonly publicKey: KeyObject | undefined;
  setState(state: KmsKeyState): void;
};

/** How KMS says no: a code, and a text for people. */
export class KmsRefusal extends Error {
  override readonly name = 'KmsRefusal';
  readonly type: string;
  readonly httpStatus: number;

  constructor(type: string, message: string, httpStatus = 400) {
    super(message);
    this.type = type;
    this.httpStatus = httpStatus;
  }
}

export type KmsInput = Readonly<Record<string, unknown>>;

export type KmsKeys = {
  create(spec: KmsKeySpec): KmsKey;
  /** Makes an alias stand for a key, also one that stood for another. `name` starts with `alias/`. */
  alias(name: string, key: KmsKey): void;
  /** The answers of the two operations. Throw a KmsRefusal where KMS would refuse. */
  getPublicKey(input: KmsInput): KmsInput;
  sign(input: KmsInput): KmsInput;
};

type Held = KmsKey & { readonly state: KmsKeyState; readonly secret: Uint8Array };

export function createKeys(): KmsKeys {
  const keys = new Map<string, Held>();
  const aliases = new Map<string, string>();

  /** The key for `operation`. Key ids, key ARNs, alias names and alias ARNs are understood. */
  function usable(operation: string, { KeyId: given }: KmsInput): Held {
    if (typeof given !== 'string' || given === '') throw invalid("Value at 'keyId' failed to satisfy constraint");
    if (given.startsWith('arn:') && !given.startsWith(HOME)) throw notFound(`Invalid arn ${given.split(':')[3] ?? ''}`);
    const local = given.startsWith(HOME) ? given.slice(HOME.length) : given;
    const isAlias = local.startsWith('alias/');
    const keyId = isAlias ? aliases.get(local) : local.replace(/^key\//, '');
    const key = keys.get(keyId ?? '');
    if (key === undefined) {
      throw notFound(isAlias ? `Alias ${HOME}${local} is not found.` : `Key '${HOME}key/${keyId}' does not exist`);
    }
    if (key.state === 'Disabled') throw new KmsRefusal('DisabledException', `${key.arn} is disabled.`);
    if (key.state === 'PendingDeletion') {
      throw new KmsRefusal('KMSInvalidStateException', `${key.arn} is pending deletion.`);
    }
    if (key.publicKey === undefined && operation === 'GetPublicKey') {
      throw new KmsRefusal('UnsupportedOperationException', 'The key has no public half.');
    }
    if (key.publicKey === undefined) {
      throw wrongUsage(`${key.arn} key usage is ${SPECS[key.spec].usage} which is not valid for ${operation}.`);
    }
    return key;
  }

  return {
    create(spec) {
      const keyId = randomUUID();
      const made = material(spec);
      let state: KmsKeyState = 'Enabled';
      const key: Held = {
        keyId,
        arn: `${HOME}key/${keyId}`,
        spec,
        ...made,
        get state() {
          return state;
        },
        setState(next) {
          state = next;
        },
      };
      keys.set(keyId, key);
      return key;
    },
    alias(name, key) {
      aliases.set(name, key.keyId);
    },
    getPublicKey(input) {
      const { arn, spec, publicKey } = usable('GetPublicKey', input);
      return {
        KeyId: arn,
        PublicKey: publicKey?.export({ type: 'spki', format: 'der' }).toString('base64'),
        CustomerMasterKeySpec: spec,
        KeySpec: spec,
        KeyUsage: SPECS[spec].usage,
        SigningAlgorithms: SPECS[spec].algorithms,
      };
    },
    sign(input) {
      const key = usable('Sign', input);
      const { SigningAlgorithm: algorithm } = input;
      const { curve, algorithms } = SPECS[key.spec];
      if (typeof algorithm !== 'string') throw invalid("Value at 'signingAlgorithm' failed to satisfy constraint");
      if (curve === undefined || !algorithms.some((known) => known === algorithm)) {
        throw wrongUsage(`Algorithm ${algorithm} is incompatible with key spec ${key.spec}.`);
      }
      const { message, prehash } = messageOf(input, algorithm);
      // KMS draws its nonce at random and leaves s as it comes: one signature in two has it in the upper half.
      const signature = curve.sign(message, key.secret, { prehash, lowS: false, extraEntropy: true, format: 'der' });
      return { KeyId: key.arn, Signature: Buffer.from(signature).toString('base64'), SigningAlgorithm: algorithm };
    },
  };
}

/** What is to be signed, and whether it is to be hashed first. */
function messageOf({ Message, MessageType = 'RAW' }: KmsInput, algorithm: string) {
  if (typeof Message !== 'string') throw invalid("Value null at 'message' failed to satisfy constraint");
  const message = new Uint8Array(Buffer.from(Message, 'base64'));
  if (MessageType !== 'RAW' && MessageType !== 'DIGEST')
    throw invalid("Value at 'messageType' is no member of the enum");
  if (message.length < 1 || message.length > 4096) throw invalid("Value at 'message' has a length outside 1 to 4096");
  if (MessageType === 'DIGEST' && message.length !== 32) {
    throw new KmsRefusal('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  }
  return { message, prehash: MessageType === 'RAW' };
}

function material(spec: KmsKeySpec): Pick<Held, 'publicKey' | 'secret' | 'address'> {
  const { openssl, curve } = SPECS[spec];
  if (openssl === undefined) return { publicKey: undefined, secret: new Uint8Array(), address: undefined };
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: openssl });
  const secret = new Uint8Array(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
  const address = publicKeyToAddress(bytesToHex(curve.getPublicKey(secret, false)));
  return { publicKey, secret, address: spec === 'ECC_SECG_P256K1' ? address : undefined };
}

function invalid(detail: string): KmsRefusal {
  return new KmsRefusal('ValidationException', `1 validation error detected: ${detail}`);
}

function notFound(message: string): KmsRefusal {
  return new KmsRefusal('NotFoundException', message);
}

function wrongUsage(message: string): KmsRefusal {
  return new KmsRefusal('InvalidKeyUsageException', message);
}
