/** What one gRPC server takes on; docs/limits.md lists these with all other limits. */

/** What the limits of a server are, in all its connections together unless it says otherwise. */
export interface GrpcLimits {
  /** Calls that are open at the same time, also those that wait for their clients. */
  readonly openCalls: number;
  /** Connections that are open at the same time. */
  readonly connections: number;
  /** Bytes of the metadata of one call: its names and its values. */
  readonly metadataBytes: number;
  /** How long the request of one call may take to arrive, in milliseconds. */
  readonly requestMs: number;
  /** How long one unary call may take from its first byte to the last one of its answer, in milliseconds. */
  readonly callMs: number;
  /** How long a TLS handshake may take, in milliseconds. */
  readonly handshakeMs: number;
  /** Bytes of answers that clients have not taken yet. */
  readonly unsentBytes: number;
  /** The same for one connection, which gets no new calls beyond that. */
  readonly unsentBytesOfConnection: number;
}

export const defaultGrpcLimits: GrpcLimits = {
  // Twice what twenty connections can have, so that those that wait for their clients take no room from the others.
  openCalls: 4000,
  connections: 1000,
  // A token with its claims is a few kilobytes.
  metadataBytes: 16 * 1024,
  requestMs: 5000,
  // A call is answered after 10 s; the rest is for a large answer on a slow line.
  callMs: 30_000,
  handshakeMs: 10_000,
  // Sixty-four of the largest documents, and one.
  unsentBytes: 256 << 20,
  unsentBytesOfConnection: 4 << 20,
};

/** Calls beyond the limits that are kept for health checks: a server that is busy must not be taken for a dead one. */
export const callsForHealth = 32;

/** A call that has waited so long for its client gives way to a new one where there is no room, in milliseconds. */
export const stalledMs = 50;

/**
 * What grpc-js limits itself. Its server does not read `grpc.max_metadata_size`; hence `metadataBytes` above.
 *
 * @see https://github.com/grpc/grpc-node/tree/master/packages/grpc-js#supported-channel-options
 */
export const channelOptions = {
  // A job id takes 66 bytes; reflection's requests name a symbol or a file. Counts after decompression too.
  'grpc.max_receive_message_length': 16 * 1024,
  // Documents are refused long before; a client sets its own limit, 4 MB unless told otherwise.
  'grpc.max_send_message_length': -1,
  // Of one connection; clients wait for their turn beyond that.
  'grpc.max_concurrent_streams': 100,
  // Finds peers that vanished without a word.
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  // A poller asks more often than that.
  'grpc.max_connection_idle_ms': 15 * 60_000,
  // Counts each call for a service that is not served here: a tenth of a call's time.
  'grpc.enable_channelz': 0,
} as const;
