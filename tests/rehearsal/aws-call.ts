/** One call of an AWS API, as it came over HTTP. */
export interface AwsCall {
  /** From the signature: `s3`, `sts`, `cloudformation`, … */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface AwsAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** An error that AWS would answer with. */
export class AwsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The account that is played here. */
export const rehearsalAccount = '123456789012';
export const rehearsalRegion = 'eu-central-1';
