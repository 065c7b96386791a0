/**
 * Stands between a facilitator and the chain, in a process of its own: counts every JSON-RPC call, each of a batch too,
 * and holds each request back for a while when told to. Arguments: URL of the chain, milliseconds.
 */
import { startForwarder } from '@facilitator/testing';

const [upstream = '', delay = '0'] = process.argv.slice(2);
const delayMs = Number(delay);
const counts = new Map<string, number>();
const forwarder = await startForwarder({
  upstream,
  intercept: () => (delayMs > 0 ? { action: 'delay', ms: delayMs } : { action: 'pass' }),
  onRequest(calls) {
    for (const { method } of calls) counts.set(method, (counts.get(method) ?? 0) + 1);
  },
});

process.on('message', (message) => {
  if (typeof message !== 'object' || message === null || !('id' in message) || !('question' in message)) return;
  const answers: Readonly<Record<string, () => unknown>> = {
    url: () => forwarder.url,
    counts: () => Object.fromEntries(counts),
    reset: () => counts.clear(),
  };
  const answer = typeof message.question === 'string' ? answers[message.question] : undefined;
  if (answer !== undefined) process.send?.({ id: message.id, answer: answer() ?? null });
});
