/** Ends a process of ours when this one is gone, however it went: no test that is killed leaves a server behind. */
import { spawn } from 'node:child_process';

/**
 * Starts a shell that waits for the end of a pipe only this process holds, and then kills `pid`. Call what it returns
 * when the process has ended by itself. Without a POSIX shell there is no guard.
 */
export function guard(pid: number): () => void {
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$0"', `${pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A Ctrl-C is not for it.
    detached: true,
  });
  shell.on('error', () => undefined);
  // Its end breaks the pipe; that is no news.
  shell.stdin.on('error', () => undefined);
  shell.unref();
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  return () => shell.kill('SIGKILL');
}
