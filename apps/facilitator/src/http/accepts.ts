/** POST /accepts: a seller's payment requirements, completed with what this facilitator knows and cut to what it serves. */
import type { Issue, Reason } from '@facilitator/protocol';
import { z } from 'zod';
import type { Endpoint } from './endpoint.ts';
import { malformed } from './fault.ts';
import { sendFault } from './fault-answer.ts';
import type { House } from './house.ts';
import { bodyOf } from './json-body.ts';
import { servedHere } from './take-payment.ts';

const path = '/accepts';

const REQUEST = z.looseObject({
  x402Version: z.literal([1, 2], 'must be the number 1 or 2'),
  accepts: z
    .array(
      z.looseObject(
        {
          scheme: z.string('must be a string, for example "exact"'),
          network: z.string('must be a string, for example "eip155:84532" or "base-sepolia"'),
          asset: z.string('must be a string: the token address'),
          extra: z.record(z.string(), z.unknown(), 'must be an object').nullish(),
        },
        'must be a JSON object: one payment requirement',
      ),
      'must be an array of payment requirements',
    )
    .max(100, 'must have at most 100 entries'),
  error: z.unknown().optional(),
  resource: z.unknown().optional(),
  extensions: z.unknown().optional(),
});

type Requirement = z.output<typeof REQUEST>['accepts'][number];

export function acceptsEndpoint(house: House): Endpoint {
  return {
    path,
    methods: {
      GET: () => ({
        endpoint: path,
        method: 'POST',
        contentType: 'application/json',
        description:
          'Completes payment requirements: adds extra.name and extra.version where they are missing, and drops what is not served here.',
        body: { x402Version: '1 or 2', accepts: 'payment requirements of that version' },
      }),
      POST: (request, reply) => {
        const read = REQUEST.safeParse(bodyOf(request));
        if (!read.success) return sendFault(request, reply, malformed(read.error.issues.map(issueOf)));
        const { x402Version, accepts, error, resource, extensions } = read.data;
        const judged = accepts.map((requirement) => complete(house, requirement));
        return {
          x402Version,
          error: error ?? '',
          ...(resource === undefined ? {} : { resource }),
          accepts: judged.flatMap((each) => (each.status === 'served' ? [each.requirement] : [])),
          ...(extensions === undefined ? {} : { extensions }),
          dropped: judged.flatMap((each, index) =>
            each.status === 'dropped' ? [{ index, reason: each.reason, message: each.message }] : [],
          ),
        };
      },
    },
  };
}

type Completed =
  | { readonly status: 'served'; readonly requirement: Requirement }
  | { readonly status: 'dropped'; readonly reason: Reason; readonly message: string };

function complete(house: House, requirement: Requirement): Completed {
  const { scheme, network: spelling, asset } = requirement;
  const network = house.networks.resolve(spelling);
  const served = house.served.find((each) => each.network.caip2 === network?.caip2);
  if (served === undefined) {
    return { status: 'dropped', reason: 'invalid_network', message: servedHere(house, spelling) };
  }
  if (scheme !== 'exact') return { status: 'dropped', reason: 'unsupported_scheme', message: 'Served is exact.' };
  const tokens = served.tokens();
  // EVM addresses are the same in any case; no others are served yet.
  const token = tokens.find((each) => each.address.toLowerCase() === asset.toLowerCase());
  if (token === undefined && !house.options.anyAsset) {
    const symbols = tokens.map((each) => `${each.symbol} ${each.address}`).join(', ');
    return { status: 'dropped', reason: 'unsupported_asset', message: `Served on ${spelling} are ${symbols}.` };
  }
  const domain = token === undefined ? {} : { name: token.name, version: token.version };
  // What the seller wrote stays as it is; verifying will say if it is wrong.
  return { status: 'served', requirement: { ...requirement, extra: { ...domain, ...requirement.extra } } };
}

function issueOf({ path: steps, message }: { readonly path: readonly PropertyKey[]; readonly message: string }): Issue {
  const joined = steps.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
    '',
  );
  return { path: joined.replace(/^\./, '') || 'body', message };
}
