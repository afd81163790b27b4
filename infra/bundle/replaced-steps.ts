/**
 * In the functions' bundles, instead of what the SDK does in the steps of a call that lib/dynamodb/client/client.ts
 * replaces: its protocol and codec, its signer, its HTTP handler. Only what the client's constructor touches is here.
 */

/** `@aws-sdk/core/protocols` */
export class AwsJson1_0Protocol {
  setSerdeContext(): void {
    // There is nothing to set.
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
