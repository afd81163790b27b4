import { ConfigError, type ValueType } from './value.ts';

/** Which projects the principals may read that a pattern stands for. */
export interface PrincipalConfig {
  /** An ARN, in which `*` stands for any characters but a colon, and `?` for one of them. */
  readonly principal: string;
  /** Ids of projects, or `*` for all. */
  readonly projects: readonly string[];
}

const wanted =
  'a JSON object of principals and lists of projects, or `"*"` for all of them, ' +
  'such as `{"arn:aws:iam::123456789012:role/dashboard":["bt1project"]}`';

/** Principals and the projects that each may read, in JSON. */
export const principals: ValueType<readonly PrincipalConfig[]> = {
  wanted,
  parse(text, name) {
    const json = parseJson(text);
    if (typeof json !== 'object' || json === null || Array.isArray(json))
      throw new ConfigError(`${name} is not a JSON object: it must be ${wanted}`);
    return Object.entries(json).map(([principal, given]: [string, unknown]) => {
      const projects = given === '*' ? ['*'] : given;
      if (!isPrincipal(principal) || !isProjectList(projects))
        throw new ConfigError(`${name} is wrong at ${JSON.stringify(principal)}: it must be ${wanted}`);
      if (/:role\/.*\//.test(principal))
        throw new ConfigError(
          `${name} names ${principal}: it must be without the role's path, which the ARNs of its sessions lack`,
        );
      return { principal, projects };
    });
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The ARN of a principal of IAM or STS, or a pattern of one. */
function isPrincipal(text: string): boolean {
  return /^arn:aws[a-z-]*:(iam|sts)::(\d{12}|\*):[^:]+$/.test(text);
}

function isProjectList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
}
