/** Reads the seller's requirements, and the copy of them that a v2 client says it accepted. */
import { BATCHINGS, isBatching } from '../batching.ts';
import { type Issue, issuesOf, quoted } from '../issue.ts';
import type { Resource, Terms, X402Version } from '../payment.ts';
import { ACCEPTED, ACCEPTED_OLD_PRICE, TERMS_V1, TERMS_V2, TERMS_V2_OLD_PRICE } from './shapes.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The bound terms, with the network still as the caller spelled it. */
export type BoundTerms = Pick<Terms, 'scheme' | 'amount' | 'asset' | 'payTo'> & { readonly network: string };

export type ReadTerms =
  | {
      readonly status: 'terms';
      readonly terms: BoundTerms & Pick<Terms, 'maxTimeoutSeconds' | 'extra' | 'batching'>;
      /** What is bought, where the requirements say it. */
      readonly bought: Resource;
    }
  | { readonly status: 'malformed'; readonly issues: readonly Issue[] };

export function readTerms(fields: Fields, path: string, version: X402Version): ReadTerms {
  if (version === 1) {
    const read = TERMS_V1.safeParse(fields);
    return read.success ? found(read.data, read.data.maxAmountRequired, path) : faulty(read.error, fields, path);
  }
  if (oldPrice(fields)) {
    const read = TERMS_V2_OLD_PRICE.safeParse(fields);
    return read.success ? found(read.data, read.data.maxAmountRequired, path) : faulty(read.error, fields, path);
  }
  const read = TERMS_V2.safeParse(fields);
  return read.success ? found(read.data, read.data.amount, path) : faulty(read.error, fields, path);
}

export type ReadAccepted =
  | { readonly status: 'accepted'; readonly accepted: BoundTerms }
  | { readonly status: 'malformed'; readonly issues: readonly Issue[] };

export function readAccepted(fields: Fields, path: string): ReadAccepted {
  if (oldPrice(fields)) {
    const read = ACCEPTED_OLD_PRICE.safeParse(fields);
    if (!read.success) return faulty(read.error, fields, path);
    return { status: 'accepted', accepted: { ...read.data, amount: read.data.maxAmountRequired } };
  }
  const read = ACCEPTED.safeParse(fields);
  return read.success ? { status: 'accepted', accepted: read.data } : faulty(read.error, fields, path);
}

/** Whether v2 fields hold the price under v1's name only. */
function oldPrice(fields: Fields): boolean {
  return fields['amount'] === undefined && fields['maxAmountRequired'] !== undefined;
}

type Read = Omit<BoundTerms, 'amount'> & {
  readonly maxTimeoutSeconds: number;
  readonly extra?: Fields | null | undefined;
  readonly resource?: unknown;
  readonly description?: unknown;
  readonly mimeType?: unknown;
};

function found(read: Read, amount: bigint, path: string): ReadTerms {
  const { scheme, network, asset, payTo, maxTimeoutSeconds } = read;
  const extra = read.extra ?? {};
  const batching = extra['batching'] ?? undefined;
  if (batching !== undefined && !isBatching(batching)) {
    const choices = BATCHINGS.map((each) => quoted(each)).join(', ');
    const message = `must be one of ${choices}, or left out: who may share a transaction with the payment`;
    return { status: 'malformed', issues: [{ path: `${path}.extra.batching`, message }] };
  }
  return {
    status: 'terms',
    terms: { scheme, network, amount, asset, payTo, maxTimeoutSeconds, extra, ...(batching && { batching }) },
    bought: { url: text(read.resource), description: text(read.description), mimeType: text(read.mimeType) },
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Names of fields before x402 settled on its own; naming them saves the caller a search. */
const FORMER_NAMES: Readonly<Record<string, string>> = { payTo: 'recipient', maxAmountRequired: 'amount' };

function faulty(
  error: Parameters<typeof issuesOf>[0],
  fields: Fields,
  path: string,
): { readonly status: 'malformed'; readonly issues: readonly Issue[] } {
  const issues = issuesOf(error, path).map((issue) => {
    const field = issue.path.slice(path.length + 1);
    const former = Object.hasOwn(FORMER_NAMES, field) ? FORMER_NAMES[field] : undefined;
    if (former === undefined || fields[field] !== undefined || fields[former] === undefined) return issue;
    return { ...issue, message: `${issue.message} (found ${former}: rename it to ${field})` };
  });
  return { status: 'malformed', issues };
}
