/**
 * In the functions' bundles, instead of the SDK's chain of credential providers: Lambda gives a function its
 * credentials in the environment, and the chain's other links (profiles, SSO, instance metadata) are 135 KB that
 * every cold start would read for nothing.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
