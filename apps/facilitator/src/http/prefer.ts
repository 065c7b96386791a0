/** `Prefer: wait=N`: how long a caller wants to wait for evidence (RFC 7240). */

/** Nobody may hold a connection longer than this. */
export const LONGEST_WAIT_SECONDS = 60;

export type Wait = {
  readonly ms: number;
  /** Value of `Preference-Applied` when the caller's wish was honoured, in part or in full. */
  readonly applied: string | undefined;
};

/** The wait for one request. Preferences that are not understood are ignored, as the RFC asks. */
export function waitFor(prefer: string | readonly string[] | undefined, usualMs: number): Wait {
  const text = typeof prefer === 'string' ? prefer : (prefer ?? []).join(',');
  const wish = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(text)?.[1];
  if (wish === undefined) return { ms: usualMs, applied: undefined };
  const seconds = Math.min(Math.max(Number(wish), 1), LONGEST_WAIT_SECONDS);
  return { ms: seconds * 1000, applied: `wait=${seconds}` };
}
