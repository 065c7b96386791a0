/** Group commit: writes that arrive while one commit runs share the next. One group at a time, in the order of arrival. */
import type { Clock } from '@facilitator/engine';

/** One write as the queue sees it. */
export type Queued = {
  /** Writes of one kind may share statements, so their kinds run one after the other within a group. */
  readonly kind: object;
  /** Ids whose writes must keep their order. Two kinds of write on one id never share a group. */
  readonly touches: readonly string[];
};

export type GroupCommitOptions<W extends Queued> = {
  readonly clock: Clock;
  /**
   * How long after a commit that several writes shared the next one waits for company, in milliseconds. It bounds how
   * much of a busy process's time goes into waiting for the disk; a lone writer never waits.
   */
  readonly windowMs: number;
  /** Writes in one group at most. */
  readonly most: number;
  /** Stores the group and settles every write of it. Must not reject. */
  readonly commit: (group: readonly W[]) => Promise<void>;
};

export type GroupCommit<W extends Queued> = {
  add(write: W): void;
  /** Resolves when nothing is queued or running. */
  idle(): Promise<void>;
};

export function createGroupCommit<W extends Queued>(options: GroupCommitOptions<W>): GroupCommit<W> {
  const { clock, windowMs, most, commit } = options;
  const queue: W[] = [];
  const waiting: (() => void)[] = [];
  let scheduled = false;
  let notBefore = Number.NEGATIVE_INFINITY;

  function schedule(): void {
    scheduled = true;
    const pause = notBefore - clock.milliseconds();
    // Next turn, not now: writes that this turn still brings come along.
    if (pause > 0) clock.after(pause, () => void run());
    else setImmediate(() => void run());
  }

  async function run(): Promise<void> {
    const group = queue.splice(0, groupSize(queue, most));
    const left = queue.length > 0;
    await commit(group);
    if (group.length > 1 && !left) notBefore = clock.milliseconds() + windowMs;
    if (queue.length > 0) return schedule();
    scheduled = false;
    for (const resolve of waiting.splice(0)) resolve();
  }

  return {
    add(write) {
      queue.push(write);
      if (!scheduled) schedule();
    },
    idle() {
      if (!scheduled) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      return promise;
    },
  };
}

/** How many writes from the front may share a group. */
function groupSize(queue: readonly Queued[], most: number): number {
  const touched = new Map<string, object>();
  for (const [at, write] of queue.entries()) {
    if (at === most) return at;
    for (const id of write.touches) {
      const kind = touched.get(id);
      if (kind !== undefined && kind !== write.kind) return at;
      touched.set(id, write.kind);
    }
  }
  return queue.length;
}
