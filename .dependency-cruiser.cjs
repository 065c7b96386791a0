/** Dependencies point one way: apps -> chain-*, journal -> engine -> protocol. packages/testing serves tests and the sandbox only. */
const only = (from, allowed) => ({
  name: `${from}-direction`,
  severity: 'error',
  comment: `${from} may only import ${allowed.join(', ') || 'nothing of ours'}`,
  from: { path: `^packages/${from}/src`, pathNot: '\\.test\\.ts$' },
  to: { path: '^(packages|apps)/', pathNot: [`^packages/${from}/`, ...allowed.map((name) => `^packages/${name}/`)] },
});

module.exports = {
  forbidden: [
    only('protocol', []),
    only('engine', ['protocol']),
    only('journal', ['engine', 'protocol']),
    only('chain-evm', ['engine', 'protocol']),
    only('testing', ['protocol']),
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'testing-stays-out-of-the-server',
      severity: 'error',
      comment: 'Only tests and the sandbox may use local chains.',
      from: { path: '^apps/[^/]+/src/', pathNot: ['\\.test\\.ts$', '^apps/facilitator/src/sandbox/'] },
      to: { path: '^packages/testing/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    exclude: { path: 'node_modules' },
  },
};
