// The serverless CLI can load JavaScript only; what it gets is written in TypeScript, which its Node can run.
export { resolveSettings as settings } from './settings/resolve-settings.ts';
