/**
 * A stand-in for the DataSphere Jobs API: jobs that change, Get and List over gRPC, the token exchange, Audit Trails
 * notices, and faults.
 */
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { CallLog } from './call-log.ts';
import { Connections, listen } from './connections.ts';
import { noFaults, type Faults } from './faults.ts';
import { addServices } from './grpc-services.ts';
import { createIamServer } from './iam-http.ts';
import { Iam } from './iam.ts';
import { NoticeDelivery, type NoticeListener } from './notice-delivery.ts';
import type { ServiceAccountKey } from './service-account-key.ts';
import { RealClock, type SimulatedClock } from './timeline.ts';
import { World } from './world.ts';

export interface UpstreamOptions {
  /** The same seed and the same calls of `world` give the same world. */
  readonly seed: number;
  readonly projects: readonly string[];
  /** A SimulatedClock, which `world.advance` moves, is also the clock of the token service. */
  readonly clock: 'real' | SimulatedClock;
  /** In PEM; plaintext unless set. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The port of gRPC; a free one unless set. */
  readonly port?: number;
  /** The port of the token service over REST; a free one unless set. */
  readonly iamPort?: number;
  /** How many times faster than real jobs; 1 unless set. */
  readonly speed?: number;
}

export interface Upstream {
  /** Of ProjectJobService and IamTokenService, as `127.0.0.1:port`. */
  readonly address: string;
  /** Of the REST token exchange and the metadata service, as `http://127.0.0.1:port`. */
  readonly iamUrl: string;
  /** The newest key of `issueKey`; the first one is made at the start. */
  readonly serviceAccountKey: ServiceAccountKey;
  readonly issueKey: () => Promise<ServiceAccountKey>;
  /** Refuses JWTs of a key, the newest one unless named. */
  readonly revokeKey: (id?: string) => void;
  /** Gives a valid IAM token without an exchange. */
  readonly issueToken: () => string;
  /** Makes every token invalid. */
  readonly revokeTokens: () => void;
  readonly world: World;
  readonly faults: Faults;
  readonly calls: CallLog;
  /** The listener gets every notice that is delivered. @returns a function that ends the listening */
  readonly onNotice: (listener: NoticeListener) => () => void;
  /** How many events happened, and how they were delivered. */
  readonly noticeCounts: NoticeDelivery['counts'];
  readonly stop: () => Promise<void>;
}

export async function startUpstream(options: UpstreamOptions): Promise<Upstream> {
  const { seed, projects, clock, tls, speed = 1 } = options;
  const timeline = clock === 'real' ? new RealClock() : clock;
  const server = new Server();
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [
          { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) },
        ]);
  const connections = new Connections(server, credentials);
  const faults: Faults = Object.defineProperty(noFaults(), 'down', {
    enumerable: true,
    get: () => connections.isCut,
    set: (down: boolean) => {
      connections.isCut = down;
    },
  });
  const calls = new CallLog();
  const notices = new NoticeDelivery(timeline, faults, seed);
  const iam = new Iam(timeline, faults.iam);
  const publish = notices.publish.bind(notices);
  const world = new World({ seed, projects, timeline, speed, publish });
  const latency = new RealClock();
  addServices(server, { world, iam, faults, calls, timeline, latency, seed });
  const iamServer = createIamServer({ iam, faults: faults.iam, calls, timeline });
  let serviceAccountKey = await iam.issueKey();
  const port = await connections.listen(options.port ?? 0);
  const iamPort = await listen(iamServer, options.iamPort ?? 0);
  return {
    address: `127.0.0.1:${port}`,
    iamUrl: `http://127.0.0.1:${iamPort}`,
    get serviceAccountKey() {
      return serviceAccountKey;
    },
    issueKey: async () => (serviceAccountKey = await iam.issueKey()),
    revokeKey: (id = serviceAccountKey.id) => {
      iam.revokeKey(id);
    },
    issueToken: () => iam.issueToken().iamToken,
    revokeTokens: () => {
      iam.revokeTokens();
    },
    world,
    faults,
    calls,
    onNotice: (listener) => notices.onNotice(listener),
    noticeCounts: notices.counts,
    stop: async () => {
      world.stop();
      notices.stop();
      latency.stop();
      if (clock === 'real') timeline.stop();
      await connections.stop();
      server.forceShutdown();
      await new Promise((resolve) => {
        iamServer.close(resolve);
        iamServer.closeAllConnections();
      });
    },
  };
}
