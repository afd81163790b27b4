// Runs a packaged function by itself: packaged-runner.mjs HANDLER_FILE, events as lines of JSON on standard input,
// answers as lines of JSON on standard output, after the lines that the function logs.
import { createInterface } from 'node:readline';

const { handler } = await import(process.argv[2]);
const end = Date.now() + 20_000;
const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => end - Date.now() };
for await (const line of createInterface({ input: process.stdin })) {
  console.log(`answer ${JSON.stringify((await handler(JSON.parse(line), context)) ?? null)}`);
}
