/** What AWS clients need for the local engines, which do not check any of it. */
export const localAws = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
} as const;

/** The same for child processes, as variables of the AWS SDK. */
export function localAwsEnvironment(dynamodbPort: number): Readonly<Record<string, string>> {
  return {
    AWS_REGION: localAws.region,
    AWS_ACCESS_KEY_ID: localAws.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localAws.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${dynamodbPort}`,
  };
}
