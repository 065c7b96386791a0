/** Reads the payment payload: what the client says it pays, before that is compared with the requirements. */
import { type Issue, issuesOf } from '../issue.ts';
import type { Payment, Resource, X402Version } from '../payment.ts';
import { readPaymentIdentifier } from '../payment-identifier.ts';
import { isRecord } from './fields.ts';
import { PAYLOAD_V1, PAYLOAD_V2, RESOURCE } from './shapes.ts';
import { type BoundTerms, readAccepted } from './terms.ts';

type Fields = Readonly<Record<string, unknown>>;

export type Claim = {
  readonly status: 'claim';
  readonly payload: Payment['payload'];
  /** Scheme and network where the payload names them beside the signature. */
  readonly scheme: string | undefined;
  readonly network: string | undefined;
  /** The terms the client says it accepted. */
  readonly accepted: BoundTerms | undefined;
  /** Undefined where the payload does not say what is bought. */
  readonly resource: Resource | undefined;
  readonly extensions: Payment['extensions'];
};

export type ReadClaim = Claim | { readonly status: 'malformed'; readonly issues: readonly Issue[] };

/** Fields of the body that v2 callers may put beside the payload instead of inside it. */
export type Beside = { readonly accepted: unknown; readonly resource: unknown };

export function readClaim(fields: Fields, path: string, version: X402Version, beside: Beside): ReadClaim {
  return version === 1 ? readClaimV1(fields, path) : readClaimV2(fields, path, beside);
}

function readClaimV1(fields: Fields, path: string): ReadClaim {
  const read = PAYLOAD_V1.safeParse(fields);
  if (!read.success) return { status: 'malformed', issues: issuesOf(read.error, path) };
  const { scheme, network, payload } = read.data;
  return { status: 'claim', payload, scheme, network, accepted: undefined, resource: undefined, extensions: {} };
}

function readClaimV2(fields: Fields, path: string, beside: Beside): ReadClaim {
  const issues: Issue[] = [];
  const read = PAYLOAD_V2.safeParse(fields);
  if (!read.success) issues.push(...issuesOf(read.error, path));

  const [accepted, acceptedPath] = own(fields['accepted'], `${path}.accepted`) ?? [beside.accepted, 'accepted'];
  const terms = isPresent(accepted) ? acceptedTerms(accepted, acceptedPath) : undefined;
  if (terms?.status === 'malformed') issues.push(...terms.issues);

  const [resource, resourcePath] = own(fields['resource'], `${path}.resource`) ?? [beside.resource, 'resource'];
  const bought = isPresent(resource) ? boughtResource(resource, resourcePath) : undefined;
  if (bought?.status === 'malformed') issues.push(...bought.issues);

  const extensions = read.data?.extensions ?? {};
  const identifier = readPaymentIdentifier(extensions);
  if (identifier.status === 'malformed') {
    issues.push({ ...identifier.issue, path: `${path}.extensions.${identifier.issue.path}` });
  }
  if (!read.success || issues.length > 0) return { status: 'malformed', issues };
  return {
    status: 'claim',
    payload: read.data.payload,
    scheme: read.data.scheme ?? undefined,
    network: read.data.network ?? undefined,
    accepted: terms?.status === 'accepted' ? terms.accepted : undefined,
    resource: bought?.status === 'resource' ? bought.resource : undefined,
    extensions,
  };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function own(value: unknown, path: string): readonly [unknown, string] | undefined {
  return isPresent(value) ? [value, path] : undefined;
}

function acceptedTerms(value: unknown, path: string) {
  if (isRecord(value)) return readAccepted(value, path);
  return oneIssue(path, 'must be a JSON object: the requirements that the client accepted');
}

type ReadResource =
  | { readonly status: 'resource'; readonly resource: Resource }
  | { readonly status: 'malformed'; readonly issues: readonly Issue[] };

/** v2 describes the resource in an object; a bare address is taken, too. */
function boughtResource(value: unknown, path: string): ReadResource {
  if (typeof value === 'string') return { status: 'resource', resource: { url: value, description: '', mimeType: '' } };
  if (!isRecord(value)) return oneIssue(path, 'must be a JSON object with url, description and mimeType');
  const read = RESOURCE.safeParse(value);
  if (!read.success) return { status: 'malformed', issues: issuesOf(read.error, path) };
  const { url, description, mimeType } = read.data;
  return {
    status: 'resource',
    resource: { url: url ?? '', description: description ?? '', mimeType: mimeType ?? '' },
  };
}

function oneIssue(path: string, message: string) {
  return { status: 'malformed' as const, issues: [{ path, message }] };
}
