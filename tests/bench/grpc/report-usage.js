// Loaded into a server's process before anything else: tells what CPU it has used, in microseconds, whenever it is
// asked, and ends when the benchmark does.
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send(user + system);
});
process.once('disconnect', () => process.exit());
