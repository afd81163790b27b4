// The serverless CLI can load JavaScript only; what it gets is written in TypeScript, which its Node can run.
export { LiveAliasPlugin as default } from './live-alias.ts';
