/** Finds the payment payload and the seller's requirements in a body, under the names that callers use for them. */
import type { Issue } from '../issue.ts';
import type { X402Version } from '../payment.ts';
import { DEPTH_LIMIT, tooDeep } from './depth.ts';
import { isRecord } from './fields.ts';

type Body = Readonly<Record<string, unknown>>;

export type Part =
  | { readonly status: 'found'; readonly path: string; readonly fields: Body }
  /** Not there, or not an object. */
  | ({ readonly status: 'absent' } & Issue);

/** `paymentPayload`, or the same as base64 of its JSON in `paymentHeader`. */
export function findPayload(body: Body): Part {
  const { paymentPayload, paymentHeader } = body;
  if (paymentPayload !== undefined || paymentHeader === undefined) {
    return part('paymentPayload', paymentPayload, 'the payment that the client made');
  }
  const decoded = typeof paymentHeader === 'string' ? fromBase64(paymentHeader) : undefined;
  if (!isRecord(decoded)) return absent('paymentHeader', 'must be base64 of the JSON of the payment payload');
  if (tooDeep(decoded, DEPTH_LIMIT)) return absent('paymentHeader', tooDeepMessage());
  return { status: 'found', path: 'paymentHeader', fields: decoded };
}

/** `paymentRequirements`; in v2 also a top-level `accepted` that stands in their place. */
export function findRequirements(body: Body, version: X402Version | undefined): Part {
  const { paymentRequirements, accepted } = body;
  const path = version === 2 && paymentRequirements === undefined && accepted !== undefined ? 'accepted' : undefined;
  return part(path ?? 'paymentRequirements', path ? accepted : paymentRequirements, 'what the seller asks for');
}

export function tooDeepMessage(): string {
  return `must not nest deeper than ${DEPTH_LIMIT} levels`;
}

function part(path: string, value: unknown, what: string): Part {
  if (isRecord(value)) return { status: 'found', path, fields: value };
  return absent(path, value === undefined ? `is missing: ${what}` : `must be a JSON object: ${what}`);
}

function absent(path: string, message: string): Part {
  return { status: 'absent', path, message };
}

/** JSON out of base64, in the plain or the URL alphabet; undefined when it is not that. */
function fromBase64(text: string): unknown {
  try {
    const json: unknown = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
    return json;
  } catch {
    return undefined;
  }
}
