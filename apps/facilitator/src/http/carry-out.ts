/** Has the engine settle a payment for one HTTP caller, who may choose how long to wait and may go away. */
import type { Caller, SettleAnswer } from '@facilitator/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from './client-address.ts';
import { watchDelivery } from './delivery.ts';
import type { Fault } from './fault.ts';
import type { House } from './house.ts';
import { idempotencyKey } from './idempotency.ts';
import { bodyOf } from './json-body.ts';
import { LONGEST_WAIT_SECONDS, waitFor } from './prefer.ts';
import { takePayment } from './take-payment.ts';
import { tell } from './told.ts';

/** The longest wait, and time to take the payment in before it. */
export const SETTLE_TIMEOUT_MS = (LONGEST_WAIT_SECONDS + 15) * 1000;

export type CarriedOut =
  | { readonly status: 'answer'; readonly caller: Caller; readonly answer: SettleAnswer }
  | { readonly status: 'fault'; readonly fault: Fault };

export async function carryOut(house: House, request: FastifyRequest, reply: FastifyReply): Promise<CarriedOut> {
  const taken = takePayment(bodyOf(request), house);
  if (taken.status === 'fault') return taken;
  if (taken.status === 'refused') {
    const answer = { ...taken, status: 'failed', transaction: '' } as const;
    tell(request, answer, undefined);
    return { status: 'answer', caller: taken.caller, answer };
  }
  const { payment } = taken;
  const idempotency = idempotencyKey(request.headers['idempotency-key'], payment);
  if (idempotency.status === 'fault') return idempotency;

  const wait = waitFor(request.headers['prefer'], house.options.settleWaitMs);
  if (wait.applied !== undefined) reply.header('preference-applied', wait.applied);
  const delivery = watchDelivery(reply.raw);
  const { answer, id } = await house.engine.settle(payment, {
    ...(idempotency.key === undefined ? {} : { key: idempotency.key }),
    caller: clientAddress(request),
    waitMs: wait.ms,
    signal: delivery.signal,
  });
  tell(request, answer, id);
  if (answer.status === 'unavailable') return { status: 'fault', fault: { ...answer, status: 503 } };
  if (answer.status === 'conflict') return { status: 'fault', fault: { ...answer, status: 409 } };
  if (answer.status === 'settled' && id !== undefined) giveBackIfLost(house, id, reply, delivery.ifLost);
  return { status: 'answer', caller: payment, answer };
}

/** A success is delivered once; one that never left may be claimed by an identical retry. */
function giveBackIfLost(house: House, id: string, reply: FastifyReply, ifLost: (act: () => void) => void): void {
  const giveBack = () => {
    house.metrics.undelivered.inc();
    house.log.info({ event: 'settle.undelivered', payment: id });
    house.engine.undelivered(id).catch((error: unknown) => {
      house.log.error({ event: 'fault', detail: 'a lost success could not be given back', payment: id, err: error });
    });
  };
  // After the time limit the caller was told 503 already.
  if (reply.sent) giveBack();
  else ifLost(giveBack);
}
