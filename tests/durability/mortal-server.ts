/**
 * A facilitator as people run it, but for its journal, beside whose calls it kills itself. Its one argument says where;
 * the rest it reads from the environment, as `serve` does.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createFacilitator, readConfig } from '@facilitator/app';
import { type Clock, type Journal, systemClock } from '@facilitator/engine';
import { openJournal } from '@facilitator/journal';
import { createLog } from '../../apps/facilitator/src/meter/log.ts';
import type { Death } from './death.ts';

const { method, when, call, haste = 1, linger }: Death = JSON.parse(process.argv[2] ?? '');

/** Runs ahead with everything but the time of day: what takes seconds of patience takes less. */
const clock: Clock = {
  now: systemClock.now,
  milliseconds: () => systemClock.milliseconds() * haste,
  after: (ms, act) => systemClock.after(ms / haste, act),
};

const reading = readConfig(process.env);
if (reading.status !== 'config') throw new Error(JSON.stringify(reading));
const { config } = reading;
const log = createLog('debug', (text) => text);
const journal = mortal(await openJournal({ url: config.journalUrl, clock }));
const facilitator = await createFacilitator(config, { log, clock, journal });
const url = await facilitator.listen({ host: '127.0.0.1', port: 0 });
log.info({ event: 'http.listening', url });
await facilitator.open();
log.info({ event: 'ready' });

function mortal(whole: Journal): Journal {
  let calls = 0;
  return new Proxy(whole, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        const fatal = name === method && ++calls === call;
        if (fatal && when === 'before') await die();
        const result: unknown = await Reflect.apply(value, target, args);
        if (fatal) await die();
        if (name === linger?.method) {
          log.info({ event: `journal.${String(name)}` });
          await sleep(linger.ms);
        }
        return result;
      };
    },
  });
}

/** Nothing runs after the signal, and nothing after this line. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return Promise.withResolvers<never>().promise;
}
