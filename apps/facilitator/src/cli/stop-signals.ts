/** SIGTERM and SIGINT: the first asks the process to finish, the second ends it. */

/** Resolves with the first signal. A second one exits at once, with the status that shells give such an end. */
export function untilAskedToStop(): Promise<NodeJS.Signals> {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let count = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    count += 1;
    if (count > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
    asked.resolve(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return asked.promise;
}

/** Beyond the time that callers were promised: closing sockets, stores and chains. */
const CLOSING_MS = 5_000;

/** Ends the process after `close`, or with status 1 if that takes much longer than `graceMs`. */
export async function stopWithin(graceMs: number, close: () => Promise<void>): Promise<never> {
  setTimeout(() => {
    process.stderr.write('Closing took too long; the journal has what is unfinished.\n');
    process.exit(1);
  }, graceMs + CLOSING_MS).unref();
  await close();
  process.exit(0);
}
