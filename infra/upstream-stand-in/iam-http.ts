/** The REST API of the token service and the metadata service of a virtual machine, on one port. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { codeNumbers } from '../../lib/runtime/status.ts';
import { Refusal } from './refusal.ts';
import type { CallLog } from './call-log.ts';
import type { IamFaults } from './faults.ts';
import type { Iam } from './iam.ts';
import type { Timeline } from './timeline.ts';

export interface IamHttpDeps {
  readonly iam: Iam;
  readonly faults: IamFaults;
  readonly calls: CallLog;
  readonly timeline: Timeline;
}

/** @see https://yandex.cloud/en/docs/compute/operations/vm-metadata/get-vm-metadata */
const metadataPath = '/computeMetadata/v1/instance/service-accounts/default/token';
/** @see https://yandex.cloud/en/docs/iam/api-ref/IamToken/create */
const tokensPath = '/iam/v1/tokens';

const httpStatuses: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  PERMISSION_DENIED: 403,
};

export function createIamServer(deps: IamHttpDeps): Server {
  return createServer((request, response) => {
    if (deps.faults.down) request.socket.destroy();
    else void respond(deps, request, response);
  });
}

async function respond(
  { iam, faults, calls, timeline }: IamHttpDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const call = calls.begin({ method: 'IamToken', at: timeline.now() });
  if (faults.stall) return;
  try {
    const body = await answer();
    call.code = 'OK';
    send(200, body);
  } catch (error) {
    const { code, message } =
      error instanceof Refusal ? error : new Refusal('INVALID_ARGUMENT', String(error));
    call.code = code;
    send(httpStatuses[code] ?? 400, { code: codeNumbers[code], message, details: [] });
  }

  async function answer(): Promise<object> {
    const route = `${request.method ?? ''} ${request.url ?? ''}`;
    if (route === `POST ${tokensPath}`) {
      const { jwt } = JSON.parse(await text(request)) as { readonly jwt?: unknown };
      if (typeof jwt !== 'string') throw new Refusal('INVALID_ARGUMENT', 'jwt is missing');
      return iam.exchange(jwt);
    }
    if (route !== `GET ${metadataPath}`) throw new Refusal('NOT_FOUND', `${route} was not found`);
    if (request.headers['metadata-flavor'] !== 'Google')
      throw new Refusal('PERMISSION_DENIED', 'the header Metadata-Flavor: Google is missing');
    if (faults.refuse) throw new Refusal('NOT_FOUND', 'the machine has no service account');
    const { iamToken, expiresAt } = iam.issueToken();
    const expires_in = Math.floor((expiresAt.getTime() - timeline.now()) / 1000);
    return { access_token: iamToken, expires_in, token_type: 'Bearer' };
  }

  function send(status: number, body: object): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
