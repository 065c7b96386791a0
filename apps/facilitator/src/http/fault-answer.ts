/** How a fault is told: an `error` for people, and the fields that clients of the endpoint look for at any status. */
import { type Caller, encodeSettleAnswer, encodeVerifyAnswer, type Reason } from '@facilitator/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AnswerForm } from './endpoint.ts';
import type { Fault } from './fault.ts';

export function sendFault(request: FastifyRequest, reply: FastifyReply, fault: Fault): FastifyReply {
  const { status, message, issues, retryAfter } = fault;
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
  const form = request.routeOptions.config.answerForm;
  return reply.code(status).send({
    error: message,
    ...(issues === undefined ? {} : { issues }),
    requestId: request.id,
    ...(form === undefined ? {} : formFields(form, fault, callerOf(request.body))),
  });
}

function formFields(form: AnswerForm, fault: Fault, caller: Caller): Readonly<Record<string, unknown>> {
  const { message } = fault;
  const reason = fault.reason ?? reasonFor(fault.status, form);
  const verify = encodeVerifyAnswer(caller, { status: 'invalid', reason, message });
  if (form === 'verify') return verify;
  const settle = encodeSettleAnswer(caller, { status: 'failed', reason, message, transaction: '' });
  return form === 'settle' ? settle : { success: false, verify, settle };
}

function reasonFor(status: number, form: AnswerForm): Reason {
  if (status === 409) return 'duplicate_settlement';
  // 429 says nothing of the payment, as 503 does not.
  if (status < 500 && status !== 429) return 'invalid_payload';
  return form === 'verify' ? 'unexpected_verify_error' : 'unexpected_settle_error';
}

/** Names of networks are short; anything longer is not echoed. */
const LONGEST_SPELLING = 100;

/** What can be read of the caller in a body that may be anything. */
function callerOf(body: unknown): Caller {
  const spelling = [
    field(field(body, 'paymentRequirements'), 'network'),
    field(field(field(body, 'paymentPayload'), 'accepted'), 'network'),
    field(field(body, 'paymentPayload'), 'network'),
  ].find((each) => typeof each === 'string' && each.length <= LONGEST_SPELLING);
  return {
    version: field(body, 'x402Version') === 1 ? 1 : 2,
    spelling: typeof spelling === 'string' ? spelling : '',
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
