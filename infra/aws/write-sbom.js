// The serverless CLI can load JavaScript only; what it gets is written in TypeScript, which its Node can run.
export { WriteSbomPlugin as default } from '../sbom/write-sbom.ts';
