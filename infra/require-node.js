// Every script runs on the major version of the Lambda runtime, from the npm package `node`. If its install script was
// blocked, npm uses the Node of the machine without a message. This is plain JavaScript, so any Node can run it.
const wanted = 24;
if (Number.parseInt(process.versions.node, 10) !== wanted) {
  console.error(
    `This needs Node ${wanted} and runs on ${process.version}. Run \`npm ci\` again with npm 11 or later, which runs the ` +
      'install script of the package `node`. Then use the npm scripts, or `npx node`.',
  );
  process.exit(1);
}
