/**
 * Replaces the chain of credential providers and the configuration files of the SDK in the bundles: Lambda gives a
 * function its credentials and settings in the environment. The other providers (profiles, SSO, instance metadata) are
 * 135 KB that every cold start would read.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';

/** In Lambda there are no `~/.aws/config` and `~/.aws/credentials`. */
export const loadSharedConfigFiles = (): Promise<object> =>
  Promise.resolve({ configFile: {}, credentialsFile: {} });

export const CONFIG_PREFIX_SEPARATOR = '.';
