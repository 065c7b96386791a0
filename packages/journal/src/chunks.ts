/** Long lists in several statements: SQLite takes 32,766 parameters in one, PostgreSQL 65,535. */

/** Entries per statement; no row here has more than 20 columns. */
const MOST = 1_500;

function chunks<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length <= MOST) return list.length === 0 ? [] : [list];
  return Array.from({ length: Math.ceil(list.length / MOST) }, (_, at) => list.slice(at * MOST, (at + 1) * MOST));
}

/** What `read` answers for every part of the list, one part after the other. */
export async function inChunks<T, R>(
  list: readonly T[],
  read: (part: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const all: R[] = [];
  for (const part of chunks(list)) all.push(...(await read(part)));
  return all;
}
