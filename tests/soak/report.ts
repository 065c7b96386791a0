/** What a soak found, for people; and whether it is good. */
import type { Life } from './fleet.ts';
import type { SoakResult } from './soak.ts';

/** Megabytes that no server may ever need with over a thousand callers waiting, and that one may grow by once it is warm. */
const MOST_MEMORY = 450;
const MOST_GROWTH = 64;
/**
 * File descriptors one server may have open at the end: a kept connection for each of 1,200 callers, and its own. One that
 * leaked with each payment would have more.
 */
const MOST_FILES = 1_400;
/** Seconds after the start in which memory may grow as it likes, and the shortest time that says anything after them. */
const WARM_UP = 60;
const LEAST_SAMPLES = 60;

/** What is not as it must be; empty when all is well. */
export function faultsOf(result: SoakResult): readonly string[] {
  const { verdict, chain, needless, recorded, exits, lives } = result;
  const peak = peakMemory(lives);
  const growth = mostGrowth(lives);
  const files = Math.max(0, ...lives.map(({ files: counts }) => counts.at(-1) ?? 0));
  const faults = [
    ...verdict.lost.map((each) => `LOST ${each}`),
    ...verdict.double.map((each) => `PAID TWICE ${each}`),
    ...verdict.wrong.map((each) => `WRONG ANSWER ${each}`),
    ...needless.map((hash) => `REVERTED NEEDLESSLY ${hash}`),
  ];
  if (recorded !== chain.moved) faults.push(`SUMS DIFFER ${chain.moved} moved, ${recorded} recorded as settled`);
  if (chain.waiting > 0) faults.push(`STUCK ${chain.waiting} transactions wait in the node's pool`);
  if (peak > MOST_MEMORY) faults.push(`MEMORY ${peak.toFixed(0)} MB`);
  if (growth !== undefined && growth > MOST_GROWTH) faults.push(`MEMORY GROWS by ${growth.toFixed(0)} MB when warm`);
  if (files > MOST_FILES) faults.push(`OPEN FILES ${files}`);
  if (exits.some((code) => code !== 0)) faults.push(`EXIT CODES ${exits.join(', ')} after SIGTERM`);
  return faults;
}

export function report(result: SoakResult): string {
  const { verdict, chain, lives, answers, faults } = result;
  const growth = mostGrowth(lives);
  const rows: readonly (readonly [string, string | number])[] = [
    ['seconds', result.seconds.toFixed(0)],
    ['payments sent', result.sent],
    ['settled', verdict.settled],
    ['refused with proof', verdict.refused],
    ['told pending, resolved later', verdict.pendingResolved],
    ['settled, success lost on the way to its caller', verdict.untold],
    ['answers', listed(answers)],
    ['wrong answers', verdict.wrong.length],
    ['lost', verdict.lost.length],
    ['paid twice', verdict.double.length],
    ['transactions', `${chain.mined.size}, the largest with ${chain.largest} payments`],
    ['reverted', `${chain.reverted.length}, needlessly ${result.needless.length}`],
    ['moved on chain / recorded', `${chain.moved} / ${result.recorded}`],
    ['kills', result.kills],
    ['faults in calls to the chain', listed(faults) || 'none'],
    ['memory', `${peakMemory(lives).toFixed(0)} MB at most (bound ${MOST_MEMORY})`],
    [
      'growth when warm',
      growth === undefined
        ? `no server lived for ${WARM_UP + LEAST_SAMPLES} s`
        : `${growth.toFixed(0)} MB (bound ${MOST_GROWTH})`,
    ],
    ['open files at the end', Math.max(0, ...lives.map(({ files }) => files.at(-1) ?? 0))],
    ['exit codes', result.exits.join(', ')],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function peakMemory(lives: readonly Life[]): number {
  return Math.max(0, ...lives.flatMap(({ memory }) => memory));
}

/** Of the servers that lived long enough: last quarter against first quarter after the warm-up, in megabytes. */
function mostGrowth(lives: readonly Life[]): number | undefined {
  const growths = lives.flatMap(({ memory }) => {
    const warm = memory.slice(WARM_UP);
    if (warm.length < LEAST_SAMPLES) return [];
    const quarter = Math.floor(warm.length / 4);
    return [median(warm.slice(-quarter)) - median(warm.slice(0, quarter))];
  });
  return growths.length === 0 ? undefined : Math.max(...growths);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
