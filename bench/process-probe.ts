/** Loaded into every process that is measured, before its own code: says what the process has used so far. */
process.on('message', (message) => {
  if (typeof message !== 'object' || message === null || !('id' in message) || !('question' in message)) return;
  if (message.question !== 'usage') return;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const answer = {
    cpuMs: (userCPUTime + systemCPUTime) / 1_000,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    peakRssMb: maxRSS / 2 ** 10,
  };
  process.send?.({ id: message.id, answer });
});
// Nobody is left to stop it then.
process.on('disconnect', () => process.exit(1));
// The channel alone keeps no process alive.
process.channel?.unref();
