// The serverless CLI can load JavaScript only; what it gets is written in TypeScript, which its Node can run.
export { resolveDashboardBody as body } from './dashboard/resolve-body.ts';
