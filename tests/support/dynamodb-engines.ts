import { startDynalite, type Engine } from './dynamodb.ts';
import { startProxy } from './dynamodb-proxy.ts';

const givenEndpoint = process.env['DYNAMODB_TEST_ENDPOINT'];

/** Every engine that speaks DynamoDB's language here, by name. */
export const dynamoDbEngines: readonly (readonly [string, () => Promise<Engine>])[] = [
  ['dynalite, which gives no item with a failed condition', startDynalite],
  ['dynalite, its answers completed as DynamoDB documents them', startCompletedDynalite],
  ...(givenEndpoint === undefined
    ? []
    : [
        [
          'the engine at DYNAMODB_TEST_ENDPOINT',
          () => Promise.resolve(runningEngine(givenEndpoint)),
        ] as const,
      ]),
];

async function startCompletedDynalite(): Promise<Engine> {
  const { endpoint, stop } = await startDynalite();
  const proxy = await startProxy(endpoint);
  return { endpoint: proxy.endpoint, stop: () => proxy.stop().then(stop) };
}

function runningEngine(endpoint: string): Engine {
  return { endpoint, stop: () => Promise.resolve() };
}
