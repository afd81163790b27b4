// Loaded into a server's process before anything else: says what CPU the process has used, in microseconds, whenever it
// is asked, and ends it when the benchmark ends. Plain JavaScript, and nothing imported: the server is as it is deployed.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send(user + system);
});
process.once('disconnect', () => process.exit());
