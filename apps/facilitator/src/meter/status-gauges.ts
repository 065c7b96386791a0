/** How a network stands, as gauges: set when they are asked for. */
import type { NetworkStatus } from '@facilitator/engine';
import type { Metrics } from './metrics.ts';

export function showStatus(
  metrics: Metrics,
  { network, status, inFlight, writing, signers, budget, breakers }: NetworkStatus,
): void {
  metrics.inFlight.set({ network }, inFlight);
  metrics.open.set({ network }, status === 'open' ? 1 : 0);
  metrics.rpcAnswers.set({ network }, status === 'silent' || status === 'unreachable' ? 0 : 1);
  metrics.writing.set({ network }, writing ? 1 : 0);
  for (const { address, balance, status: standing } of signers) {
    const labels = { network, signer: address };
    if (balance !== undefined) metrics.signerBalance.set(labels, Number(balance));
    metrics.signerGood.set(labels, standing === 'good' ? 1 : 0);
  }
  for (const what of ['asset', 'payee', 'payer'] as const) metrics.breakers.set({ network, what }, breakers[what]);
  metrics.spent.set({ network }, Number(budget.spent));
  metrics.reserved.set({ network }, Number(budget.reserved));
  if (budget.limit !== undefined) metrics.budget.set({ network }, Number(budget.limit));
}
