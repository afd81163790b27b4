/**
 * In the functions' bundles, instead of the SDK's chain of credential providers and its configuration files: Lambda
 * gives a function its credentials and its settings in the environment. The chain's other links (profiles, SSO,
 * instance metadata) are 135 KB that every cold start would read for nothing.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';

/** There are no `~/.aws/config` and `~/.aws/credentials`. */
export const loadSharedConfigFiles = (): Promise<object> =>
  Promise.resolve({ configFile: {}, credentialsFile: {} });

export const CONFIG_PREFIX_SEPARATOR = '.';
