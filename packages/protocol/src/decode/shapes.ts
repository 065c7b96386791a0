/** The objects inside a request, in both versions. Fields that are not named here are ignored. */
import { z } from 'zod';
import { amount, optionalText, record, seconds, text } from './fields.ts';

const scheme = text('the payment scheme, for example "exact"');
const network = text('the network, for example "eip155:84532" or "base-sepolia"', 128);
const asset = text('the address of the token to be paid in');
const payTo = text('the address to be paid');
const price = amount('the price in atomic units, for example "10000"');

const bound = { scheme, network, asset, payTo };
const required = {
  ...bound,
  maxTimeoutSeconds: seconds('how long the payment may take'),
  extra: record('what the scheme needs; leave it out when it needs nothing').nullish(),
};

/** v1 requirements, which also say what is bought. */
export const TERMS_V1 = z.object({
  ...required,
  maxAmountRequired: price,
  resource: optionalText('the address of what is bought'),
  description: optionalText('what is bought, in words'),
  mimeType: optionalText('the media type of what is bought'),
});

/** v2 requirements. Some callers still say what is bought here, as in v1. */
export const TERMS_V2 = z.object({
  ...required,
  amount: price,
  resource: z.unknown().optional(),
  description: z.unknown().optional(),
  mimeType: z.unknown().optional(),
});

/** v2 requirements that keep v1's name for the price. */
export const TERMS_V2_OLD_PRICE = TERMS_V2.omit({ amount: true }).extend({ maxAmountRequired: price });

/** What the client says it accepted. Only the bound terms are read. */
export const ACCEPTED = z.object({ ...bound, amount: price });
export const ACCEPTED_OLD_PRICE = z.object({ ...bound, maxAmountRequired: price });

const payload = record('the signed payment, in the form of its scheme');

export const PAYLOAD_V1 = z.object({ scheme, network, payload });

/** The official v2 payload names its terms in `accepted`; another form in use names scheme and network like v1. */
export const PAYLOAD_V2 = z.object({
  scheme: scheme.nullish(),
  network: network.nullish(),
  payload,
  accepted: z.unknown().optional(),
  resource: z.unknown().optional(),
  extensions: record('v2 extensions by their key; leave it out when there are none').nullish(),
});

export const RESOURCE = z.object({
  url: optionalText('the address of what is bought'),
  description: optionalText('what is bought, in words'),
  mimeType: optionalText('the media type of what is bought'),
});
