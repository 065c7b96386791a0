/** What this facilitator sets itself, against what a run measured. */
import type { ContenderName } from '../facilitators/contender.ts';
import type { Figures, Run } from '../result.ts';
import { EMPTY, number, type Table } from './table.ts';

type Target = {
  readonly what: string;
  readonly target: string;
  /** Undefined when this run did not measure it. */
  readonly measure: (figures: Look) => number | undefined;
  readonly met: (value: number) => boolean;
  readonly show?: (value: number) => string;
};

type Look = (id: string, contender?: ContenderName) => Figures | undefined;

const ratio = (a: number | undefined, b: number | undefined) => (a === undefined || !b ? undefined : a / b);

const TARGETS: readonly Target[] = [
  {
    what: 'verify per second, 100 callers, against the reference',
    target: 'at least 10 times',
    measure: (of) => ratio(of('verify/0ms/100')?.perSecond, of('verify/0ms/100', 'reference')?.perSecond),
    met: (value) => value >= 10,
    show: (value) => `${number(value)} times`,
  },
  {
    what: 'chain calls of a verify, alone',
    target: 'at most 1',
    measure: (of) => of('verify/0ms/1')?.callsPerPayment,
    // Head ticks that fall into the window are counted with it.
    met: (value) => value < 1.05,
  },
  {
    what: 'chain calls of a verify, 100 callers',
    target: 'at most 0.05',
    measure: (of) => of('verify/0ms/100')?.callsPerPayment,
    met: (value) => value <= 0.05,
  },
  {
    what: 'p99 of verify, 100 callers',
    target: 'under 100 ms',
    measure: (of) => of('verify/0ms/100')?.p99Ms,
    met: (value) => value < 100,
    show: (value) => `${number(value)} ms`,
  },
  {
    what: 'settled per second, one key, 1-second blocks',
    target: 'at least 500',
    measure: (of) => of('saturation/30000000/2000')?.paidPerBlock,
    met: (value) => value >= 500,
  },
  {
    what: 'block gas limit used at saturation',
    target: 'at least 90 %',
    measure: (of) => of('saturation/30000000/2000')?.blockUse,
    met: (value) => value >= 0.9,
    show: (value) => `${number(value * 100)} %`,
  },
  {
    what: 'chain calls of a settlement, alone, 1-second blocks',
    target: 'at most 3',
    measure: (of) => of('settle/1s/0ms/1')?.callsPerPayment,
    met: (value) => value <= 3,
  },
  {
    what: 'chain calls of a settlement, alone, instant mining',
    target: 'at most 3',
    measure: (of) => of('settle/instant/0ms/1')?.callsPerPayment,
    met: (value) => value <= 3,
  },
  {
    what: 'chain calls of a settlement, 100 callers, 1-second blocks',
    target: 'at most 0.1',
    measure: (of) => of('settle/1s/0ms/100')?.callsPerPayment,
    met: (value) => value <= 0.1,
  },
  {
    what: '1,000 different payments at once, one key',
    target: '1,000 paid',
    measure: (of) => of('burst/1000')?.paid,
    met: (value) => value === 1_000,
  },
  {
    what: 'gas of a payment in full batches, against a lone one',
    target: 'at most 0.72',
    measure: (of) => ratio(of('saturation/30000000/2000')?.gasPerPayment, of('saturation/30000000/2000')?.loneGas),
    met: (value) => value <= 0.72,
  },
  {
    what: 'start to ready',
    target: 'under 2 s',
    measure: (of) => of('start')?.startMs,
    met: (value) => value < 2_000,
    show: (value) => `${number(value / 1_000)} s`,
  },
  {
    what: 'peak resident memory, 100 callers',
    target: 'under 250 MB',
    measure: (of) => of('settle/1s/0ms/100')?.peakRssMb,
    met: (value) => value < 250,
    show: (value) => `${number(value)} MB`,
  },
];

export function targetsTable({ results }: Run): Table {
  const look: Look = (id, contender = 'ours') =>
    results.find((result) => result.case === id && result.contender === contender)?.figures;
  return {
    title: 'Targets',
    note: 'What this facilitator sets itself, and what this run measured.',
    head: ['', 'target', 'measured', 'met'],
    rows: TARGETS.map(({ what, target, measure, met, show = number }) => {
      const value = measure(look);
      return [
        what,
        target,
        value === undefined ? EMPTY : show(value),
        value === undefined ? EMPTY : met(value) ? 'yes' : 'no',
      ];
    }),
  };
}
