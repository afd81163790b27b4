/**
 * Replaces steps of the SDK in the bundles that lib/dynamodb/client/client.ts does itself: protocol and codec, signer,
 * HTTP handler. It has only what the constructor of the client uses.
 */

/** `@aws-sdk/core/protocols` */
export class AwsJson1_0Protocol {
  setSerdeContext(): void {
    // Nothing is set.
  }
}

const nothing: new () => object = Object;

/** `@aws-sdk/dynamodb-codec` */
export const DynamoDBJsonCodec2 = nothing;

/** `@smithy/signature-v4` */
export const SignatureV4 = nothing;

/** `@smithy/core/checksum` */
export const Sha256 = nothing;

/** `@smithy/node-http-handler` */
export const NodeHttpHandler = { create: <T>(handler: T): T => handler };
export const streamCollector = undefined;

/** `@aws/lambda-invoke-store` */
export const InvokeStore = undefined;

/** `@aws-sdk/middleware-endpoint-discovery` */
export const resolveEndpointDiscoveryConfig = <T>(config: T): T => config;
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {};

/** `@smithy/core/schema`: no request or answer of DynamoDB is a stream of events. */
export const NormalizedSchema = { of: () => ({ getEventStreamMember: () => '' }) };
export const simpleSchemaCacheN = undefined;
export const simpleSchemaCacheS = undefined;
export const isStaticSchema = undefined;
