/** Brings each payment to the desk of its network. */
import type { Caip2, Payment } from '@facilitator/protocol';
import { createDesk, type Desk } from './desk.ts';
import type { Engine } from './engine.ts';
import type { Clock } from './ports/clock.ts';
import type { Journal } from './ports/journal.ts';
import type { Meter } from './ports/meter.ts';

export type EngineOptions = {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Transactions that one signer may have open; 12 unless given. Nodes keep 16 slots per sender by default. */
  readonly nonceWindow?: number;
};

export function createEngine(options: EngineOptions): Engine {
  const { journal } = options;
  const desks = new Map<Caip2, Desk>();

  function unserved(payment: Payment): string {
    const served = [...desks.keys()].join(', ') || 'none';
    return `${payment.spelling} is not served here. Served networks: ${served}.`;
  }

  return {
    add(chain, rules = {}) {
      if (desks.has(chain.network)) throw new Error(`${chain.network} was added twice`);
      desks.set(chain.network, createDesk({ ...options, ...rules, chain }));
    },
    async open() {
      await Promise.all([...desks.values()].map((desk) => desk.open()));
    },
    async verify(payment) {
      const desk = desks.get(payment.terms.network);
      if (desk !== undefined) return desk.verify(payment);
      return { id: undefined, answer: { status: 'invalid', reason: 'invalid_network', message: unserved(payment) } };
    },
    async settle(payment, how) {
      const desk = desks.get(payment.terms.network);
      if (desk !== undefined) return desk.settle(payment, how);
      const message = unserved(payment);
      return { id: undefined, answer: { status: 'failed', reason: 'invalid_network', message, transaction: '' } };
    },
    undelivered: (id) => journal.undeliver(id),
    async find(idOrTransaction) {
      const payment = await journal.payment(idOrTransaction);
      return payment === undefined ? journal.paymentsByTransaction(idOrTransaction) : [payment];
    },
    networks: () => [...desks.values()].map((desk) => desk.status()),
    ready() {
      const statuses = [...desks.values()].map((desk) => desk.status().status);
      const opened = statuses.some((status) => status === 'open' || status === 'silent' || status === 'dry');
      return opened && !statuses.includes('opening');
    },
    async close(graceMs = 0) {
      await Promise.all([...desks.values()].map((desk) => desk.close(graceMs)));
    },
  };
}
