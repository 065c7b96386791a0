/** A request body of either version, or of one of the tolerated forms, becomes one `Payment`. Pure; never throws. */
import { type Issue, quoted } from '../issue.ts';
import type { Payment, Terms, X402Version } from '../payment.ts';
import type { Reason } from '../reasons.ts';
import type { Networks } from '../registry/networks.ts';
import { acceptedDisagreement, innerDisagreement } from './agreement.ts';
import { type Claim, readClaim } from './claim.ts';
import { DEPTH_LIMIT, tooDeep } from './depth.ts';
import { findPayload, findRequirements, tooDeepMessage } from './envelope.ts';
import { isRecord } from './fields.ts';
import { type ReadTerms, readTerms } from './terms.ts';
import { readVersion } from './version.ts';

export type DecodedRequest =
  | { readonly status: 'payment'; readonly payment: Payment }
  /** Well formed, about a payment that cannot be taken: HTTP 200 with the reason. */
  | {
      readonly status: 'refused';
      readonly reason: Reason;
      readonly message: string;
      readonly version: X402Version;
      /** The network as the caller wrote it, for the answer. */
      readonly spelling: string;
      /** Who pays, where the payload says so plainly. Nothing of it is checked. */
      readonly payer?: string;
    }
  /** HTTP 400. `issues` is never empty. */
  | {
      readonly status: 'malformed';
      readonly reason: 'invalid_payload' | 'invalid_x402_version';
      readonly issues: readonly Issue[];
    };

/**
 * Decodes the parsed JSON of a verify or settle request. `networks` tells which networks exist; whether one of them is
 * served is for the caller to say.
 */
export function decodePaymentRequest(body: unknown, networks: Networks): DecodedRequest {
  if (tooDeep(body, DEPTH_LIMIT)) return malformed([{ path: 'body', message: tooDeepMessage() }]);
  if (!isRecord(body)) {
    const message = 'must be a JSON object with x402Version, paymentPayload and paymentRequirements';
    return malformed([{ path: 'body', message }]);
  }
  const payload = findPayload(body);
  const inner = payload.status === 'found' ? payload.fields['x402Version'] : undefined;
  const version = readVersion(body['x402Version'], inner, `${payload.path}.x402Version`);
  if (version.status === 'unusable') return malformed([version.issue], 'invalid_x402_version');

  const known = version.status === 'version' ? version.version : undefined;
  const requirements = findRequirements(body, known);
  const issues: Issue[] = [];
  if (known === undefined) issues.push({ path: 'x402Version', message: 'is missing: the number 1 or 2' });
  if (payload.status === 'absent') issues.push({ path: payload.path, message: payload.message });
  if (requirements.status === 'absent') issues.push({ path: requirements.path, message: requirements.message });
  if (known === undefined || payload.status === 'absent' || requirements.status === 'absent') return malformed(issues);

  // Top-level `accepted` is the client's copy only where it does not stand in for the requirements.
  const accepted = requirements.path === 'accepted' ? undefined : body['accepted'];
  const claim = readClaim(payload.fields, payload.path, known, { accepted, resource: body['resource'] });
  const terms = readTerms(requirements.fields, requirements.path, known);
  if (claim.status === 'malformed') issues.push(...claim.issues);
  if (terms.status === 'malformed') issues.push(...terms.issues);
  if (claim.status === 'malformed' || terms.status === 'malformed') return malformed(issues);
  return judge(known, claim, terms, networks);
}

function malformed(
  issues: readonly Issue[],
  reason: 'invalid_payload' | 'invalid_x402_version' = 'invalid_payload',
): DecodedRequest {
  return { status: 'malformed', reason, issues };
}

/** Everything is readable: does it name one known network and one set of terms? */
function judge(
  version: X402Version,
  claim: Claim,
  read: Extract<ReadTerms, { status: 'terms' }>,
  networks: Networks,
): DecodedRequest {
  const spelling = read.terms.network;
  const network = networks.resolve(spelling);
  if (network === undefined) {
    const names = networks.all().map(({ name }) => name);
    const message = `The network ${quoted(spelling)} is not known here. Known are ${names.join(', ')}.`;
    return refused('invalid_network', message, version, spelling, claim);
  }
  const terms: Terms = { ...read.terms, network: network.caip2 };
  const disagreement =
    innerDisagreement(claim, terms, network, networks) ??
    (claim.accepted && acceptedDisagreement(claim.accepted, terms, network, networks));
  if (disagreement) return refused(disagreement.reason, disagreement.message, version, spelling, claim);
  return {
    status: 'payment',
    payment: {
      version,
      spelling,
      terms,
      payload: claim.payload,
      resource: claim.resource ?? read.bought,
      extensions: claim.extensions,
    },
  };
}

function refused(
  reason: Reason,
  message: string,
  version: X402Version,
  spelling: string,
  { payload }: Claim,
): DecodedRequest {
  const payer = claimedPayer(payload);
  return { status: 'refused', reason, message, version, spelling, ...(payer === undefined ? {} : { payer }) };
}

/** Where EVM and Stellar payloads name the payer in clear. */
function claimedPayer(payload: Payment['payload']): string | undefined {
  const authorization = payload['authorization'];
  const from = isRecord(authorization) ? authorization['from'] : payload['from'];
  return typeof from === 'string' && from.length <= 128 ? from : undefined;
}
