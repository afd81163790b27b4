// In a fresh process: run.js HANDLER_FILE, the event as a message. Answers with what evaluating the handler's file and
// its first call took, in milliseconds. Plain JavaScript, and nothing imported, so that nothing else is loaded.
const sample = () => {
  const { user, system } = process.cpuUsage();
  return { wallMs: performance.now(), cpuMs: (user + system) / 1000 };
};
const difference = (to, from) => ({ wallMs: to.wallMs - from.wallMs, cpuMs: to.cpuMs - from.cpuMs });

process.once('message', async (event) => {
  const endMs = Date.now() + 20_000;
  const context = {
    awsRequestId: '6bc28136-xmpl-4365-b021-0ce6b2e64ab0',
    functionName: 'get',
    memoryLimitInMB: '512',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:get',
    getRemainingTimeInMillis: () => endMs - Date.now(),
  };
  const start = sample();
  const { handler } = await import(process.argv[2]);
  const evaluated = sample();
  const answer = await handler(event, context);
  const answered = sample();
  process.send(
    { evaluate: difference(evaluated, start), call: difference(answered, evaluated), answer },
    () => process.disconnect(),
  );
});
