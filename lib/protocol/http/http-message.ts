/** An HTTP request, whatever server received it. */
export interface HttpRequest {
  readonly method: string;
  /** The path, percent-encoded or not, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By name in lower case; several of one name joined by commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** ARN of the principal that API Gateway's IAM authorizer vouches for. */
  readonly iamPrincipal?: string | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, or a text to be sent in UTF-8. */
  readonly body: Uint8Array | string;
}

/**
 * A response whose body comes in pieces, of a handler that was given `streams`. Who sends it asks for a piece when the one
 * before is on its way, and calls `return` of the iterator if the client goes away.
 */
export interface StreamedResponse extends Omit<HttpResponse, 'body'> {
  readonly body: AsyncIterable<Uint8Array>;
}

/** How many bytes a body has on the wire. */
export function bodySize(body: Uint8Array | string): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

/** The media type of a `content-type`, in lower case and without parameters; empty where there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}
