/** Why KMS did not do it, in words of our own: those of AWS name identities, accounts and keys. */

export type KmsFaultReason =
  | 'access-denied'
  | 'no-credentials'
  | 'no-region'
  | 'no-such-key'
  | 'unusable-key'
  | 'wrong-kind'
  | 'not-its-signature'
  | 'throttled'
  | 'timeout'
  | 'unreachable'
  | 'unavailable'
  | 'refused';

/** What is the matter, and what to do about it. */
const WORDS: Readonly<Record<KmsFaultReason, string>> = {
  'access-denied': 'access is denied. Grant the identity kms:GetPublicKey and kms:Sign on the key',
  'no-credentials': 'AWS does not accept the credentials, or there are none. Set them as the AWS SDK finds them',
  'no-region': 'no AWS region is known. Set AWS_REGION, or name the key by its ARN',
  'no-such-key': 'there is no such key in this account and region',
  'unusable-key': 'the key is disabled, pending deletion or otherwise not usable. Enable it',
  'wrong-kind': 'it must be of spec ECC_SECG_P256K1 for SIGN_VERIFY',
  'not-its-signature': 'what came back is no signature by this key',
  throttled: 'too many requests, also after trying again. Ask AWS for a higher quota, or use more keys',
  timeout: 'no answer in time',
  unreachable: 'the service cannot be reached',
  unavailable: 'the service has a fault of its own, also after trying again',
  refused: 'the request was refused',
};

/** What may be gone when the same is asked again, without anybody mending anything. */
const PASSING: ReadonlySet<KmsFaultReason> = new Set(['throttled', 'timeout', 'unreachable', 'unavailable']);

/** What AWS and the SDK call it. */
const REASONS: Readonly<Record<string, KmsFaultReason>> = {
  AccessDeniedException: 'access-denied',
  CredentialsProviderError: 'no-credentials',
  TokenProviderError: 'no-credentials',
  ExpiredTokenException: 'no-credentials',
  IncompleteSignature: 'no-credentials',
  InvalidClientTokenId: 'no-credentials',
  InvalidSignatureException: 'no-credentials',
  MissingAuthenticationTokenException: 'no-credentials',
  UnrecognizedClientException: 'no-credentials',
  NotFoundException: 'no-such-key',
  InvalidArnException: 'no-such-key',
  DisabledException: 'unusable-key',
  KMSInvalidStateException: 'unusable-key',
  InvalidKeyUsageException: 'wrong-kind',
  UnsupportedOperationException: 'wrong-kind',
  LimitExceededException: 'throttled',
  RequestLimitExceeded: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  AbortError: 'timeout',
  TimeoutError: 'timeout',
  DependencyTimeoutException: 'unavailable',
  KMSInternalException: 'unavailable',
  KeyUnavailableException: 'unavailable',
  InternalFailure: 'unavailable',
  ServiceUnavailable: 'unavailable',
};

type Details = {
  /** Goes into the message. */
  readonly shown?: string;
  readonly exception?: string | undefined;
  readonly requestId?: string | undefined;
};

/** Its message is safe to show and to log. There is no `cause`: loggers print those too. */
export class KmsFault extends Error {
  override readonly name = 'KmsFault';
  readonly reason: KmsFaultReason;
  /** True when it is worth asking again later; false when an operator must mend something first. */
  readonly passing: boolean;
  /** AWS's name for it. */
  readonly exception: string | undefined;
  /** What AWS's support asks for. */
  readonly requestId: string | undefined;

  /** `task` is what did not happen, as the start of a sentence. */
  constructor(task: string, reason: KmsFaultReason, { shown, exception, requestId }: Details = {}) {
    const named = exception === undefined ? '' : ` (${exception})`;
    super(`${task}: ${shown === undefined ? '' : `${shown}; `}${WORDS[reason]}${named}.`);
    this.reason = reason;
    this.passing = PASSING.has(reason);
    this.exception = exception;
    this.requestId = requestId;
  }
}

/** The fault behind whatever the SDK rejected with. */
export function faultOf(task: string, error: unknown): KmsFault {
  // Faults of the connection have the system's code; the SDK calls some of them TimeoutError too.
  const code = plain(field(error, 'code'));
  const name = plain(field(error, 'name'));
  return new KmsFault(task, code === undefined ? reasonOf(name, error) : reasonOfCode(code), {
    exception: code ?? (name === 'Error' ? undefined : name),
    requestId: plain(field(field(error, '$metadata'), 'requestId')),
  });
}

function reasonOfCode(code: string): KmsFaultReason {
  return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable';
}

function reasonOf(name: string | undefined, error: unknown): KmsFaultReason {
  const known = REASONS[name ?? ''];
  if (known !== undefined) return known;
  if (field(error, 'message') === 'Region is missing') return 'no-region';
  const status = field(field(error, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' && status >= 500 ? 'unavailable' : 'refused';
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}

/** A name or an id; anything longer or stranger is not repeated. */
function plain(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,64}$/.test(value) ? value : undefined;
}
