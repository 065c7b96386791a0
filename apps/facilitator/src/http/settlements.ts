/** GET /settlements/{id}: where a payment stands, by its id or by a transaction that carries it. */
import type { PaymentRecord } from '@facilitator/engine';
import { transactionPage } from '@facilitator/protocol';
import type { Endpoint } from './endpoint.ts';
import { sendFault } from './fault-answer.ts';
import type { House } from './house.ts';

/** Anchors and hashes are far shorter. */
const LONGEST_ID = 400;
const UNKNOWN = 'No payment is known by this id or transaction hash. Payments that were only verified leave nothing.';

export function settlementsEndpoint(house: House): Endpoint {
  return {
    path: '/settlements/:id',
    methods: {
      GET: async (request, reply) => {
        const id = idOf(request.params);
        const records = id === undefined ? [] : await find(house, id);
        if (records.length === 0) {
          return sendFault(request, reply, { status: 404, message: UNKNOWN });
        }
        return { settlements: records.map((record) => settlementView(house, record)) };
      },
    },
  };
}

/** Hex is kept in lower case here, and often pasted in another. */
async function find(house: House, id: string): Promise<readonly PaymentRecord[]> {
  const records = await house.engine.find(id);
  const lower = id.toLowerCase();
  return records.length > 0 || lower === id ? records : house.engine.find(lower);
}

function idOf(params: unknown): string | undefined {
  if (typeof params !== 'object' || params === null || !('id' in params)) return undefined;
  const { id } = params;
  return typeof id === 'string' && id.length <= LONGEST_ID ? id : undefined;
}

/** What anybody may see. The authorization is a bearer instrument and the idempotency key is the caller's: neither is shown. */
function settlementView(house: House, record: PaymentRecord) {
  const network = house.networks.resolve(record.network);
  const { transaction, locator } = record;
  return {
    id: record.id,
    state: record.state,
    network: record.network,
    networkName: network?.name ?? null,
    asset: record.asset,
    amount: record.amount.toString(),
    payer: record.payer,
    payTo: record.payTo,
    transaction: transaction ?? null,
    transactionPage: (network && transaction && transactionPage(network, transaction)) ?? null,
    locator: locator ?? null,
    reason: record.reason ?? null,
    message: record.message ?? null,
    delivered: record.delivered,
    expiresAt: Number(record.expires),
    claimedAt: Number(record.claimedAt),
    concludedAt: record.concludedAt === undefined ? null : Number(record.concludedAt),
  };
}
