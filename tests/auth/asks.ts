/** How the authorisation matrix asks for a job in each protocol. */
import { expect } from '@jest/globals';
import { codeNumbers } from '../../lib/runtime/status.ts';
import type { RpcClient } from '../support/rpc-clients.ts';

/** Answers in one form, whatever the protocol. */
export type Ask = (jobId: string, authorization: string | undefined) => Promise<string>;

const codeNames = Object.fromEntries(Object.entries(codeNumbers).map(([name, number]) => [number, name]));
const httpStatus: Readonly<Record<string, number>> = {
  OK: 200,
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  UNAVAILABLE: 503,
};

/** A refused token may be told what is wrong with it, in words that are checked elsewhere. */
const answerOf = (code: string, rest: string): string =>
  code === 'UNAUTHENTICATED' ? code : `${code}: ${rest}`;

export const askRest =
  (url: string): Ask =>
  async (jobId, authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${url}/datasphere/v2/jobs/${jobId}`, { headers });
    const body = (await response.json()) as {
      readonly code?: number;
      readonly message?: string;
      readonly id?: string;
    };
    const code = body.code === undefined ? 'OK' : codeNames[body.code]!;
    expect([code, response.status]).toEqual([code, httpStatus[code]]);
    return answerOf(code, body.message ?? body.id ?? '');
  };

/** What a request has besides the id of a job and a token. */
export interface RestRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** For requests that ask whether a job is there without being given it: all that they are told is a code. */
export const askRestForCode =
  (url: string, requestFor: (jobId: string) => RestRequest, okStatus: number): Ask =>
  async (jobId, authorization) => {
    const { method = 'GET', headers } = requestFor(jobId);
    const response = await fetch(`${url}/datasphere/v2/jobs/${jobId}`, {
      method,
      headers: { ...headers, ...(authorization !== undefined && { authorization }) },
    });
    const statuses = { ...httpStatus, OK: okStatus };
    const code = Object.entries(statuses).find(([, status]) => status === response.status)?.[0];
    const tellsOfIt = [...response.headers.keys()].some(
      (name) => name === 'etag' || name.startsWith('x-job'),
    );
    expect([jobId, response.status, tellsOfIt]).toEqual([jobId, response.status, code === 'OK']);
    await response.arrayBuffer();
    return code ?? `status ${response.status}`;
  };

export const askRpc =
  (client: RpcClient): Ask =>
  async (jobId, authorization) => {
    const result = await client.get(jobId, {
      metadata: authorization === undefined ? {} : { authorization },
    });
    if ('code' in result) return answerOf(result.code, result.message);
    return `OK: ${(result.job as unknown as { readonly id: string }).id}`;
  };
