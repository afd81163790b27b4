/** In the functions' bundles, instead of the SDK's event streams: 15 KB that no call of DynamoDB needs. */
export {};
