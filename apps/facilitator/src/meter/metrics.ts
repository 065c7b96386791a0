/** What Prometheus sees. One registry per server, labels of few values only. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 60];
const SIZES = [1, 2, 5, 10, 20, 50, 100];

/** `processMetrics` adds memory, CPU and event loop figures; a process should ask for them once. */
export function createMetrics(options: { readonly processMetrics: boolean }) {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `facilitator_${name}`, help, labelNames, registers });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name: `facilitator_${name}`, help, labelNames, buckets, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name: `facilitator_${name}`, help, labelNames, registers });

  return {
    registry,
    verifications: counter('verifications_total', 'Payments checked, by what was found.', ['network', 'outcome']),
    verifyCallSeconds: histogram('verify_call_seconds', 'Duration of one verification call.', ['network'], SECONDS),
    verifyBatchSize: histogram('verify_batch_size', 'Payments checked by one call.', ['network'], SIZES),
    settlements: counter('settlements_total', 'Settlements answered, by outcome.', ['network', 'outcome']),
    payments: counter('payments_ended_total', 'Payments that are over, by outcome.', ['network', 'outcome']),
    transactions: counter('transactions_total', 'Transactions signed and journaled.', ['network']),
    transactionSize: histogram('transaction_size', 'Payments carried by one transaction.', ['network'], SIZES),
    replacements: counter('replacements_total', 'Transactions sent again with higher fees.', ['network']),
    vanished: counter('vanished_transactions_total', 'Final transactions that a reorganisation took away.', [
      'network',
    ]),
    broadcasts: counter('broadcasts_total', 'What nodes said about transactions.', ['network', 'outcome']),
    cost: counter('settlement_cost_native_total', 'Gas paid, in atomic native units.', ['network']),
    recovered: counter('recovered_payments_total', 'Unfinished payments found at start.', ['network']),
    faults: counter('faults_total', 'Promises that did not hold. Alarm on any.', ['network']),
    open: gauge('network_open', '1 while payments are taken on the network, else 0.', ['network']),
    rpcAnswers: gauge('rpc_answers', '1 while the RPC of the network answers, else 0.', ['network']),
    endpointGood: gauge(
      'rpc_endpoint_good',
      '1 while an endpoint of several is asked, else 0; absent before the first change.',
      ['network', 'endpoint'],
    ),
    signerBalance: gauge('signer_balance_native', 'What a key holds, in atomic native units.', ['network', 'signer']),
    signerGood: gauge('signer_good', '1 while a key signs and has enough to pay gas, else 0.', ['network', 'signer']),
    spent: gauge('gas_spent_native', 'Gas paid in the last 24 hours, in atomic native units.', ['network']),
    reserved: gauge('gas_reserved_native', 'What payments on their way may cost, in atomic native units.', ['network']),
    breakersOpened: counter(
      'breakers_opened_total',
      'Tokens found paused, payees found blocked, payers told to wait.',
      ['network', 'what'],
    ),
    breakers: gauge('breakers_open', 'Tokens, payees and payers that nothing is sent for now.', ['network', 'what']),
    budget: gauge('gas_budget_native', 'GAS_BUDGET, in atomic native units; absent without one.', ['network']),
    writing: gauge('network_writing', '1 while this process signs for the network, else 0.', ['network']),
    inFlight: gauge('payments_in_flight', 'Payments neither settled nor failed.', ['network']),
    undelivered: counter('undelivered_answers_total', 'Successes whose caller had gone.', []),
    pruned: counter('pruned_payments_total', 'Old payments forgotten, see JOURNAL_KEEP_DAYS.', []),
    requests: counter('http_requests_total', 'HTTP requests answered.', ['method', 'route', 'status']),
    requestSeconds: histogram('http_request_seconds', 'Time to answer.', ['method', 'route'], SECONDS),
  };
}
