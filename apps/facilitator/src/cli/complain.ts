/** What is wrong with the configuration, on standard error, for people. */
import { type Problem, problemLine } from '../config/config.ts';

export function complain(problems: readonly Problem[]): void {
  const head =
    problems.length === 1 ? 'One setting has to be mended:' : `${problems.length} settings have to be mended:`;
  write([head, '', ...problems.map((problem) => `  ${problemLine(problem)}`), '', HINT]);
}

export function remark(notices: readonly string[]): void {
  if (notices.length > 0) write(notices.map((notice) => `Note: ${notice}`));
}

function write(lines: readonly string[]): void {
  process.stderr.write(`${lines.join('\n')}\n`);
}

const HINT = '.env.example describes every setting. `check` shows what would be served.';
