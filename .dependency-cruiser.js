/** The walls of the house: docs/architecture.md says why each stands. */
const room = (name) => `^lib/${name}/`;

/**
 * What each room of lib/ may import, besides itself. Rooms that are not listed here are imported by functions/ and infra/
 * alone: the engines, the clouds' adapters and the sinks of telemetry.
 */
const mayImport = {
  runtime: [],
  protobuf: [],
  job: ['protobuf'],
  telemetry: ['runtime'],
  store: ['job', 'runtime', 'telemetry'],
  events: ['job', 'protobuf', 'runtime', 'telemetry'],
  iam: ['runtime', 'telemetry'],
  upstream: ['iam', 'store', 'protobuf', 'runtime', 'telemetry'],
  auth: ['runtime', 'telemetry'],
  reading: ['job', 'protobuf', 'store', 'auth', 'runtime', 'telemetry'],
  feeding: ['job', 'protobuf', 'events', 'store', 'upstream', 'runtime', 'telemetry'],
  rpc: ['reading', 'auth', 'job', 'protobuf', 'runtime', 'telemetry'],
  protocol: ['rpc', 'reading', 'protobuf', 'runtime', 'telemetry'],
  dynamodb: ['store', 'job', 'protobuf', 'runtime', 'telemetry'],
  memory: ['store', 'job', 'protobuf', 'runtime', 'telemetry'],
  adapter: ['protocol', 'feeding', 'rpc', 'runtime', 'telemetry'],
  config: ['runtime', 'telemetry'],
};

const rooms = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `${name}-imports-${allowed.length === 0 ? 'nothing-of-ours' : 'only-what-it-stands-on'}`,
  severity: 'error',
  from: { path: room(name) },
  to: {
    path: '^(functions|lib|infra|proto|tests)/',
    pathNot: [name, ...allowed].map(room),
  },
}));

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-circle-of-folders',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(functions|lib|infra)' },
      to: { circular: true },
    },
    ...rooms,
    {
      name: 'every-room-is-listed-above',
      severity: 'error',
      from: { path: '^lib/', pathNot: Object.keys(mayImport).map(room) },
      to: {},
    },
    {
      name: 'product-does-not-import-its-surroundings',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { path: '^(infra|tests|proto)/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: '^tests/' },
      to: { path: '^tests/' },
    },
    {
      name: 'engines-adapters-and-settings-are-wired-in-functions-and-infra',
      severity: 'error',
      from: { path: '^lib/', pathNot: ['dynamodb', 'memory', 'adapter', 'config'].map(room) },
      to: { path: ['dynamodb', 'memory', 'adapter', 'config'].map(room) },
    },
    {
      name: 'sinks-are-wired-in-functions-and-infra',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/telemetry/sinks/' },
      to: { path: '^lib/telemetry/sinks/' },
    },
    {
      name: 'aws-sdk-only-in-dynamodb-and-adapter',
      severity: 'error',
      from: { path: '^lib/', pathNot: ['dynamodb', 'adapter'].map(room) },
      to: { path: ['@aws-sdk/', '@smithy/'] },
    },
    {
      name: 'http-and-grpc-only-in-protocol-and-upstream',
      severity: 'error',
      // The table is reached over HTTP too, and by one file: docs/architecture.md says why it is not the SDK's own.
      from: {
        path: '^lib/',
        pathNot: [room('protocol'), room('upstream'), '^lib/dynamodb/client/transport\\.ts$'],
      },
      to: { path: ['^(node:)?https?2?$', '@grpc/', 'grpc-health-check'] },
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
