/** From the start of the process to readiness, and the memory it then has. */
import { percentile } from '../latency.ts';
import type { Setting } from '../result.ts';
import { type Case, ORDINARY, openStageFor } from './case.ts';

export function startCase(times: number): Case {
  const setting: Setting = { ...ORDINARY, blocks: 'instant' };
  return {
    id: 'start',
    group: 'start',
    title: `start to ready, median of ${times}`,
    setting,
    contenders: ['ours', 'reference'],
    async measure(surroundings) {
      const starts: number[] = [];
      const sizes: number[] = [];
      for (let time = 0; time < times; time++) {
        await using stage = await openStageFor(surroundings, setting, false);
        const { rssMb } = await stage.facilitator.usage();
        starts.push(stage.facilitator.startMs);
        sizes.push(rssMb);
      }
      const [startMs = 0, rssMb = 0] = [percentile(starts, 0.5), percentile(sizes, 0.5)];
      return { figures: { startMs, rssMb }, answers: {}, calls: {} };
    },
  };
}
