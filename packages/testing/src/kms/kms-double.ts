/**
 * A stand-in for AWS KMS on loopback. It speaks KMS's JSON 1.1 protocol for GetPublicKey and Sign, signs for real with
 * keys of its own, and keeps KMS's rules: key states, algorithms, digest length, DER signatures with s in either half.
 * It believes a request's access key without checking the signature made with its secret.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createKeys, type KmsInput, type KmsKey, type KmsKeySpec, KmsRefusal, REGION } from './keys.ts';

export type KmsOperation = 'GetPublicKey' | 'Sign';

/** What can happen to a request instead of its answer. */
export type KmsDisturbance =
  | 'throttle'
  | 'internal-error'
  /** The connection breaks. */
  | 'reset'
  /** No answer, ever. */
  | 'silence'
  /** A signature by a key that nobody knows. */
  | 'foreign-signature'
  /** Bytes that are no signature. */
  | 'no-signature';

export type KmsDouble = {
  readonly url: string;
  readonly region: string;
  /** The one identity it knows. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** What was asked so far, in order. */
  readonly calls: readonly KmsOperation[];
  /** Makes a key; of spec ECC_SECG_P256K1 unless given. */
  createKey(spec?: KmsKeySpec): KmsKey;
  /** Makes an alias stand for a key, also one that stood for another. `name` starts with `alias/`. */
  alias(name: string, key: KmsKey): void;
  /** The identity may do these no more. */
  deny(...operations: readonly KmsOperation[]): void;
  /** Disturbs the next requests; one unless given. */
  disturb(disturbance: KmsDisturbance, times?: number): void;
  /** Connections that are open. */
  connections(): Promise<number>;
  /** Breaks what is open and stops listening. Safe to repeat. */
  stop(): Promise<void>;
};

type State = {
  readonly keys: ReturnType<typeof createKeys>;
  readonly accessKeyId: string;
  readonly calls: KmsOperation[];
  readonly denied: Set<KmsOperation>;
  readonly disturbances: KmsDisturbance[];
};

/** Starts the stand-in on a free loopback port. Point a KMS client's `endpoint` (AWS_ENDPOINT_URL_KMS) at its `url`. */
export async function startKmsDouble(): Promise<KmsDouble> {
  const credentials = { accessKeyId: `AKIA${randomBytes(8).toString('hex')}`, secretAccessKey: randomUUID() };
  const state: State = {
    keys: createKeys(),
    accessKeyId: credentials.accessKeyId,
    calls: [],
    denied: new Set(),
    disturbances: [],
  };
  const server = createServer((incoming, outgoing) => {
    handle(state, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    region: REGION,
    credentials,
    calls: state.calls,
    createKey: (spec = 'ECC_SECG_P256K1') => state.keys.create(spec),
    alias: state.keys.alias,
    deny(...operations) {
      for (const operation of operations) state.denied.add(operation);
    },
    disturb(disturbance, times = 1) {
      state.disturbances.push(...Array.from({ length: times }, () => disturbance));
    },
    connections: () => promisify((done: Count) => server.getConnections(done))(),
    async stop() {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

type Count = (error: Error | null, count: number) => void;

async function handle(state: State, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await buffer(incoming);
  const operation = operationOf(incoming);
  if (operation !== undefined) state.calls.push(operation);
  const disturbance = state.disturbances.shift();
  if (disturbance === 'silence') return;
  if (disturbance === 'reset') {
    incoming.socket.resetAndDestroy();
    return;
  }
  try {
    checkIdentity(state, incoming);
    if (disturbance === 'throttle') throw new KmsRefusal('ThrottlingException', 'Rate exceeded');
    if (disturbance === 'internal-error') throw new KmsRefusal('KMSInternalException', 'Internal failure', 500);
    if (operation === undefined) throw new KmsRefusal('UnknownOperationException', 'Unknown operation');
    const input: KmsInput = JSON.parse(body.toString());
    if (state.denied.has(operation)) throw denied(state, operation, input);
    const answer = operation === 'Sign' ? state.keys.sign(input) : state.keys.getPublicKey(input);
    respond(outgoing, 200, disturbance === undefined ? answer : { ...answer, ...distorted(disturbance, input) });
  } catch (fault) {
    if (!(fault instanceof KmsRefusal)) throw fault;
    respond(outgoing, fault.httpStatus, { __type: fault.type, message: fault.message });
  }
}

function operationOf({ headers }: IncomingMessage): KmsOperation | undefined {
  const target = headers['x-amz-target'];
  if (target === 'TrentService.GetPublicKey') return 'GetPublicKey';
  return target === 'TrentService.Sign' ? 'Sign' : undefined;
}

function checkIdentity({ accessKeyId }: State, { headers }: IncomingMessage): void {
  const scope = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/kms\/aws4_request,/.exec(
    headers.authorization ?? '',
  );
  if (scope === null) throw new KmsRefusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (scope[1] !== accessKeyId) {
    throw new KmsRefusal('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  if (scope[2] !== REGION) {
    throw new KmsRefusal('InvalidSignatureException', 'Credential should be scoped to a valid region.');
  }
}

/** KMS names the caller and the key here, which is why its texts are not for showing. */
function denied({ accessKeyId }: State, operation: KmsOperation, { KeyId }: KmsInput): KmsRefusal {
  const user = `arn:aws:iam::111122223333:user/${accessKeyId}`;
  return new KmsRefusal(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: kms:${operation} on resource: ${KeyId}`,
  );
}

function distorted(disturbance: KmsDisturbance, input: KmsInput): KmsInput {
  if (disturbance === 'no-signature') return { Signature: Buffer.from('no signature').toString('base64') };
  const stranger = createKeys();
  return { Signature: stranger.sign({ ...input, KeyId: stranger.create('ECC_SECG_P256K1').keyId })['Signature'] };
}

function respond(outgoing: ServerResponse, status: number, body: KmsInput): void {
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() });
  outgoing.end(JSON.stringify(body));
}
