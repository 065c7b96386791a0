/** Handing a transaction over: to every endpoint at once, because the same bytes twice are still one transaction. */
import { outcomeOf } from '../broadcast/outcome.ts';
import type { Deadline } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import type { RpcAnswer, RpcCall } from './rpc.ts';
import { shown, unsent, type WireAnswer } from './silence.ts';

export type WriteOptions = {
  readonly endpoints: readonly Endpoint[];
  readonly deadline: Deadline;
  readonly whyNone: () => string;
};

export function isWrite({ method }: RpcCall): boolean {
  return method === 'eth_sendRawTransaction';
}

/**
 * One answer for all: accepted as soon as anybody has it, refused when nobody took it, and otherwise one that proves
 * nothing. Each endpoint gets the bytes once.
 */
export function write(call: RpcCall, { endpoints, deadline, whyNone }: WriteOptions): Promise<RpcAnswer> {
  const takers = takersOf(endpoints);
  const { promise, resolve } = Promise.withResolvers<RpcAnswer>();
  const refused: WireAnswer[] = [];
  const unclear: WireAnswer[] = [];
  if (takers.length === 0) return Promise.resolve(shown(unsent(whyNone(), false)));

  async function hand(endpoint: Endpoint): Promise<void> {
    const [answer] = (await endpoint.ask([call], 0n, deadline)).answers;
    if (answer === undefined) throw new Error('a call was left without an answer');
    const outcome = outcomeOf(answer);
    if (outcome.status === 'accepted') resolve(shown(answer));
    else if (outcome.status === 'refused') refused.push(answer);
    else unclear.push(answer);
  }

  // A refusal in words says more than a connection that did not come about.
  void Promise.all(takers.map(hand)).then(() => {
    const [first] = [...preferErrors(unclear), ...preferErrors(refused)];
    if (first !== undefined) resolve(shown(first));
  });
  return promise;
}

/** All that may be asked now. Those that want no traffic are spared as long as another one is there. */
function takersOf(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const able = endpoints.filter(({ health }) => health.isServing());
  const ready = able.filter((endpoint) => endpoint.waitMs(1) === 0);
  return ready.length > 0 ? ready : able;
}

function preferErrors(answers: readonly WireAnswer[]): readonly WireAnswer[] {
  return answers.toSorted((a, b) => Number(b.status === 'error') - Number(a.status === 'error'));
}
