/** A deadline that also holds while the SDK waits for something it cannot be called back from. */

/** Rejects with the signal's TimeoutError after `ms` milliseconds, whether or not `send` heeds the signal. */
export async function withinDeadline<T>(ms: number, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = new AbortController();
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const timeout = new DOMException(`no answer within ${ms} ms`, 'TimeoutError');
    // First, so that it is this one that is seen and not what the SDK makes of the signal.
    over.reject(timeout);
    deadline.abort(timeout);
  }, ms);
  try {
    return await Promise.race([send(deadline.signal), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
