/** The walls of the house: docs/architecture.md says why each stands. */
const room = (name) => `^lib/${name}/`;
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(functions|lib|infra|tests)/', pathNot: [from, ...allowed] },
});
const everyRoom = ['^lib/(status|deadline|lazily|fetch-within)\\.ts$', '^lib/telemetry/'];

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    only('job-imports-nothing-of-ours', room('job'), []),
    only('status-imports-nothing', '^lib/status\\.ts$', []),
    only('telemetry-imports-only-status', room('telemetry'), ['^lib/status\\.ts$']),
    only('events-import-only-job', room('events'), [room('job'), ...everyRoom]),
    only('store-imports-only-job', room('store'), [room('job'), ...everyRoom]),
    only('upstream-imports-only-job', room('upstream'), [room('job'), ...everyRoom]),
    only('auth-imports-only-job', room('auth'), [room('job'), ...everyRoom]),
    only('service-imports-its-sources', room('service'), [
      room('job'),
      room('events'),
      room('store'),
      room('upstream'),
      room('auth'),
      ...everyRoom,
    ]),
    only('protocol-imports-service', room('protocol'), [
      room('service'),
      room('auth'),
      room('job'),
      ...everyRoom,
    ]),
    only('config-imports-only-telemetry', '^lib/(config|upstream-config|environment)\\.ts$', [
      '^lib/telemetry/',
    ]),
    {
      name: 'product-does-not-import-its-surroundings',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { path: '^(infra|tests|proto)/' },
    },
    {
      name: 'aws-sdk-only-in-store-and-functions',
      severity: 'error',
      from: { path: '^lib/', pathNot: room('store') },
      to: { path: ['@aws-sdk/', '@smithy/'] },
    },
    {
      name: 'http-and-grpc-only-in-protocol',
      severity: 'error',
      // The table is reached over HTTP too, and by one file: docs/architecture.md says why it is not the SDK's own.
      from: {
        path: '^lib/',
        pathNot: [room('protocol'), room('upstream'), '^lib/store/http-transport\\.ts$'],
      },
      to: { path: ['^(node:)?https?2?$', '@grpc/', 'grpc-health-check'] },
    },
    {
      name: 'environment-is-read-by-functions',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(config|upstream-config)\\.ts$' },
      to: { path: '^lib/(config|upstream-config|environment)\\.ts$' },
    },
    {
      name: 'production-code-has-no-development-dependencies',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: ['@types/', 'aws-lambda'] },
    },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^lib/' }, to: {} },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['/generated/.*\\.d\\.ts$'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
