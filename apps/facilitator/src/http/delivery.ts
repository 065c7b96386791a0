/** Whether an answer reached its caller, as far as this side of the socket can know. */
import type { ServerResponse } from 'node:http';

export type Delivery = {
  /** Aborted when the connection closes before the answer was written out. */
  readonly signal: AbortSignal;
  /**
   * Calls `act` once if the answer does not leave: at once when the caller has gone already, later when the
   * connection closes under the write.
   */
  ifLost(act: () => void): void;
};

/** Watches one response from now on. */
export function watchDelivery(response: ServerResponse): Delivery {
  const gone = new AbortController();
  let written = response.writableFinished;
  response.once('finish', () => {
    written = true;
  });
  // `close` comes for every response; only an unfinished one was cut off.
  response.once('close', () => {
    if (!written) gone.abort();
  });
  if (response.destroyed && !written) gone.abort();
  const { signal } = gone;
  return {
    signal,
    ifLost(act) {
      if (signal.aborted) act();
      else signal.addEventListener('abort', act, { once: true });
    },
  };
}
