/** Tables of a run: the same ones for the terminal and for the documentation. */
export type Table = {
  readonly title: string;
  /** What has to be known to read it. */
  readonly note: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export const EMPTY = '–';

/** Three figures that count, and thousands apart: nobody reads more. */
export function number(value: number | undefined): string {
  if (value === undefined) return EMPTY;
  const size = Math.abs(value);
  if (size === 0) return '0';
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

export function share(part: number | undefined, whole: number | undefined): string {
  return part === undefined || whole === undefined ? EMPTY : `${number(part)} / ${number(whole)}`;
}

export function percent(value: number | undefined): string {
  return value === undefined ? EMPTY : `${number(value * 100)} %`;
}

/** How many times the second value the first is. */
export function times(value: number | undefined, base: number | undefined): string {
  return value === undefined || base === undefined || base === 0 ? EMPTY : `× ${number(value / base)}`;
}
