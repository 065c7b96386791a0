/** Engine events become log lines and metrics. */
import type { EngineEvent, Meter } from '@facilitator/engine';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';

/** The event's `type` is the log line's `event`: operators build alarms on these names. */
export function createMeter(log: Logger, metrics: Metrics): Meter {
  return {
    record(event) {
      count(metrics, event);
      write(log, event);
    },
  };
}

function write(log: Logger, event: EngineEvent): void {
  const { type, ...fields } = event;
  const line = { event: type, ...fields };
  switch (event.type) {
    case 'fault':
      log.error(line);
      break;
    case 'network.closed':
    case 'network.unreachable':
    case 'rpc.silent':
    case 'signer.failing':
    case 'breaker.opened':
    case 'budget.exhausted':
      log.warn(line);
      break;
    case 'rpc.answers':
      log.info({ ...line, ms: Math.round(event.ms) });
      break;
    case 'signer.dry':
      log.warn({ ...line, balance: event.balance.toString(), floor: event.floor.toString() });
      break;
    case 'signer.funded':
      log.info({ ...line, balance: event.balance.toString() });
      break;
    case 'verify.call':
    case 'verify.done':
      log.debug(line);
      break;
    case 'settle.broadcast':
      if (event.outcome === 'accepted') log.info(line);
      else log.warn(line);
      break;
    case 'settle.cost':
      log.info({ ...line, cost: event.cost.toString(), share: event.share.toString() });
      break;
    case 'settle.vanished':
      log.warn({ ...line, block: event.block.toString() });
      break;
    case 'settle.restored':
      log.info({ ...line, block: event.block.toString() });
      break;
    default:
      log.info(line);
  }
}

/** The node's own words stay out of labels: only what the port promises becomes a value. */
const BROADCAST_OUTCOMES: ReadonlySet<string> = new Set(['accepted', 'refused', 'unknown']);

function count(metrics: Metrics, event: EngineEvent): void {
  const { network } = event;
  switch (event.type) {
    case 'network.open':
      metrics.open.set({ network }, 1);
      break;
    case 'network.closed':
    case 'network.unreachable':
      metrics.open.set({ network }, 0);
      break;
    case 'verify.done':
      metrics.verifications.inc({ network, outcome: event.outcome });
      break;
    case 'verify.call':
      metrics.verifyCallSeconds.observe({ network }, event.ms / 1000);
      metrics.verifyBatchSize.observe({ network }, event.size);
      break;
    case 'settle.prepared':
      metrics.transactions.inc({ network });
      metrics.transactionSize.observe({ network }, event.payments.length);
      break;
    case 'breaker.opened':
      metrics.breakersOpened.inc({ network, what: event.what });
      break;
    case 'settle.replaced':
      metrics.replacements.inc({ network });
      break;
    case 'settle.vanished':
      metrics.vanished.inc({ network });
      break;
    case 'settle.broadcast': {
      const outcome = BROADCAST_OUTCOMES.has(event.outcome) ? event.outcome : 'other';
      metrics.broadcasts.inc({ network, outcome });
      break;
    }
    case 'settle.done':
      metrics.settlements.inc({ network, outcome: event.outcome });
      break;
    case 'payment.ended':
      metrics.payments.inc({ network, outcome: event.outcome });
      break;
    case 'settle.cost':
      metrics.cost.inc({ network }, Number(event.cost));
      break;
    case 'recovered':
      metrics.recovered.inc({ network }, event.payments);
      break;
    case 'fault':
      metrics.faults.inc({ network });
  }
}
