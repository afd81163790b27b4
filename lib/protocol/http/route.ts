import { pathOf, type Method, type ServerStreamingMethod, type UnaryMethod } from '../../rpc/method.ts';
import { findByRestPath } from '../../rpc/rest-path.ts';
import { invalidArgument, Status } from '../../runtime/status.ts';
import { connect, connectMediaTypes } from './connect.ts';
import type { HttpProtocol, StreamingCall } from './exchange.ts';
import { grpcWeb, isGrpcWeb } from './grpc-web.ts';
import { mediaType, type HttpRequest } from './http-message.ts';
import { rest } from './rest.ts';

/** What answers a request. */
export type Route =
  | { readonly kind: 'unary'; readonly method: UnaryMethod; readonly protocol: HttpProtocol }
  | {
      readonly kind: 'server-streaming';
      readonly method: ServerStreamingMethod;
      readonly protocol: HttpProtocol<StreamingCall>;
    }
  | Refusal;

/** One answer for everything. */
export interface Refusal {
  readonly kind: 'refused';
  /** Undefined if it would be none's. */
  readonly method: Method | undefined;
  /** In whose form it is told. */
  readonly protocol: Pick<HttpProtocol, 'fail'>;
  readonly failure: Status;
  /** The one of the failure's code unless set. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The protocols of streams, for servers that can send them. */
export interface StreamProtocols {
  readonly rest: HttpProtocol<StreamingCall>;
  /** By what a media type is of; undefined if it is of none. */
  readonly ofMediaType: (type: string) => HttpProtocol<StreamingCall> | undefined;
  readonly mediaTypes: readonly string[];
}

/** A path of a service speaks the protocol that its content type names; all else is REST. */
export function createRouter(
  methods: readonly Method[],
  streams: StreamProtocols | undefined,
): (request: HttpRequest) => Route {
  const byPath = new Map(methods.map((method) => [pathOf(method), method]));
  const services = [...new Set(methods.map(({ service }) => service))];
  const restPaths = methods.map(({ restPath }) => restPath).filter((path) => path !== undefined);
  const nothingThere = new Status(
    'PATH_NOT_FOUND',
    `there is nothing at this path; there is at ${restPaths.join(', ')}`,
  );

  const routeRpc = (service: string, request: HttpRequest): Route => {
    const type = mediaType(request.headers['content-type']);
    const protocol = isGrpcWeb(type) ? grpcWeb : connect;
    const method = byPath.get(request.path);
    if (method === undefined) return refuse(protocol, notServed(service, methods));
    if (method.kind === 'server-streaming')
      return routeStream(method, request, streams?.ofMediaType(type), protocol);
    if (request.method === 'GET') return { kind: 'unary', method, protocol: connect };
    if (request.method !== 'POST') return refuse(connect, notPost, method, 405, { allow: 'GET, POST' });
    if (protocol === grpcWeb || connectMediaTypes.includes(type)) return { kind: 'unary', method, protocol };
    return refuseMediaType(unaryMediaTypes, method);
  };

  const routeStream = (
    method: ServerStreamingMethod,
    request: HttpRequest,
    protocol: HttpProtocol<StreamingCall> | undefined,
    unaryProtocol: HttpProtocol,
  ): Route => {
    if (streams === undefined) return refuse(unaryProtocol, noStreams(method), method);
    if (request.method !== 'POST') return refuse(connect, notPost, method, 405, { allow: 'POST' });
    if (protocol === undefined) return refuseMediaType(streams.mediaTypes, method);
    return { kind: 'server-streaming', method, protocol };
  };

  const routeRest = (request: HttpRequest): Route => {
    const method = findByRestPath(methods, request.path);
    if (method === undefined) return refuse(rest, nothingThere);
    const allowed = method.kind === 'unary' ? ['GET', 'HEAD'] : ['GET'];
    if (!allowed.includes(request.method))
      return refuse(rest, readOnly(allowed), method, 405, { allow: allowed.join(', ') });
    if (method.kind === 'unary') return { kind: 'unary', method, protocol: rest };
    if (streams === undefined) return refuse(rest, noStreams(method), method);
    return { kind: 'server-streaming', method, protocol: streams.rest };
  };

  return (request) => {
    const service = services.find((name) => request.path.startsWith(`/${name}/`));
    return service === undefined ? routeRest(request) : routeRpc(service, request);
  };
}

/** Whose form a failure takes before a method is found: that of the media type, or of a path `/package.Service/Method`. */
export function protocolOf({ path, headers }: HttpRequest): Pick<HttpProtocol, 'fail'> {
  if (isGrpcWeb(mediaType(headers['content-type']))) return grpcWeb;
  return /^\/(\w+\.)+\w+\/\w+$/.test(path) ? connect : rest;
}

const unaryMediaTypes = [...connectMediaTypes, 'application/grpc-web', 'application/grpc-web-text'];

const notPost = new Status(
  'HTTP_METHOD_NOT_ALLOWED',
  'calls are made with POST, or with GET as Connect has it',
);

function readOnly(allowed: readonly string[]): Status {
  return new Status(
    'HTTP_METHOD_NOT_ALLOWED',
    `what is at this path can be read with ${allowed.join(' and ')} only`,
  );
}

function notServed(service: string, methods: readonly Method[]): Status {
  const names = methods.filter((method) => method.service === service).map(({ name }) => name);
  return new Status('METHOD_NOT_SERVED', `${service} has only ${names.join(', ')} here`);
}

function noStreams({ name }: Method): Status {
  return new Status('METHOD_NOT_SERVED', `${name} answers with a stream, which cannot be sent from here`);
}

function refuse(
  protocol: Pick<HttpProtocol, 'fail'>,
  failure: Status,
  method?: Method,
  status?: number,
  headers: Refusal['headers'] = {},
): Refusal {
  return { kind: 'refused', method, protocol, failure, headers, ...(status !== undefined && { status }) };
}

function refuseMediaType(accepted: readonly string[], method: Method): Refusal {
  const acceptPost = accepted.join(', ');
  const failure = invalidArgument('content-type', `must be one of ${acceptPost}`);
  return refuse(connect, failure, method, 415, { 'accept-post': acceptPost });
}
