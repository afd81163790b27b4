// Every script runs on the Lambda runtime's major, from the npm package `node`. Where its install script was blocked,
// npm falls back to the machine's own Node without a word; this says it. Plain JavaScript, so that any Node can run it.
const wanted = 24;
if (Number.parseInt(process.versions.node, 10) !== wanted) {
  console.error(
    `This needs Node ${wanted} and runs on ${process.version}. Run \`npm ci\` again with npm 11 or later, and let the ` +
      'package `node` run its install script; then use the npm scripts, or `npx node`.',
  );
  process.exit(1);
}
