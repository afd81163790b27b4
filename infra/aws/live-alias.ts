/** A plugin of the serverless CLI: callers reach the functions by an alias, so that traffic can shift between versions. */

/** What the CLI knows of a function. */
interface ServiceFunction {
  /** The alias that the CLI points routes, queues and permissions at. */
  targetAlias?: { readonly name: string; readonly logicalId: string };
  readonly events?: readonly object[];
  /** Logical id of the version that this deployment publishes. */
  readonly versionLogicalId?: string;
}

interface Serverless {
  readonly service: {
    readonly functions: Readonly<Record<string, ServiceFunction>>;
    readonly provider: {
      readonly compiledCloudFormationTemplate: { readonly Resources: Record<string, unknown> };
    };
  };
  readonly getProvider: (name: 'aws') => {
    readonly naming: { readonly getNormalizedFunctionName: (name: string) => string };
  };
}

/** Name of the alias that callers reach. */
const aliasName = 'live';

/**
 * Gives each function the alias `live`. The CLI publishes a version with each change of a function; here the alias is
 * moved to it by CodeDeploy, which shifts the traffic as the setting `shift` says and goes back if an alarm of
 * infra/aws/deployments.yml rings.
 *
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html
 */
export class LiveAliasPlugin {
  readonly hooks: Readonly<Record<string, () => void>>;

  constructor(serverless: Serverless) {
    const { service } = serverless;
    const prefix = (name: string): string =>
      serverless.getProvider('aws').naming.getNormalizedFunctionName(name);
    const each = (act: (name: string, one: ServiceFunction) => void) => (): void => {
      for (const [name, one] of Object.entries(service.functions)) if (isCalled(one)) act(prefix(name), one);
    };
    this.hooks = {
      'before:package:compileFunctions': each((name, one) => {
        one.targetAlias = { name: aliasName, logicalId: `${name}LiveAlias` };
      }),
      'after:package:compileFunctions': each((name, { versionLogicalId }) => {
        if (versionLogicalId === undefined)
          throw new Error(`${name} has no version: versionFunctions must be on`);
        service.provider.compiledCloudFormationTemplate.Resources[`${name}LiveAlias`] = {
          Type: 'AWS::Lambda::Alias',
          Properties: {
            Name: aliasName,
            FunctionName: { Ref: `${name}LambdaFunction` },
            FunctionVersion: { 'Fn::GetAtt': [versionLogicalId, 'Version'] },
          },
          UpdatePolicy: {
            CodeDeployLambdaAliasUpdate: {
              ApplicationName: { Ref: 'Deployments' },
              DeploymentGroupName: { Ref: `${name}Deployments` },
            },
          },
        };
      }),
    };
  }
}

/** A function that runs by the clock has no traffic to shift: its next run is the newest version's. */
function isCalled({ events = [] }: ServiceFunction): boolean {
  return !events.every((event) => 'schedule' in event);
}
