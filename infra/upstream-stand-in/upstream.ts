/**
 * A stand-in for the DataSphere Jobs API: jobs that live, Get and List over gRPC, the token exchange, and Audit Trails
 * notices, with whatever faults it is told to have.
 */
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { CallLog } from './call-log.ts';
import { Connections } from './connections.ts';
import { noFaults, type Faults } from './faults.ts';
import { addServices } from './grpc-services.ts';
import { createIamServer } from './iam-http.ts';
import { Iam } from './iam.ts';
import { NoticeDelivery, type NoticeListener } from './notice-delivery.ts';
import type { ServiceAccountKey } from './service-account-key.ts';
import { RealClock, type SimulatedClock } from './timeline.ts';
import { World } from './world.ts';

export interface UpstreamOptions {
  /** The same seed and the same calls of `world` make the same world. */
  readonly seed: number;
  readonly projects: readonly string[];
  /** With a SimulatedClock, which `world.advance` moves, the token service's time is that clock's too. */
  readonly clock: 'real' | SimulatedClock;
  /** PEM; plaintext unless set. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Of gRPC; a free one unless set. */
  readonly port?: number;
  /** Of the token service's REST face; a free one unless set. */
  readonly iamPort?: number;
  /** How many times faster than life jobs live; 1 unless set. */
  readonly speed?: number;
}

export interface Upstream {
  /** Of ProjectJobService and IamTokenService, as `127.0.0.1:port`. */
  readonly address: string;
  /** Of the REST token exchange and the metadata service, as `http://127.0.0.1:port`. */
  readonly iamUrl: string;
  /** The key that `issueKey` made last; the first one is made at the start. */
  readonly serviceAccountKey: ServiceAccountKey;
  readonly issueKey: () => Promise<ServiceAccountKey>;
  /** Refuses what is signed with a key, the last one unless named. */
  readonly revokeKey: (id?: string) => void;
  /** A good IAM token, without an exchange. */
  readonly issueToken: () => string;
  /** Makes every token that was issued worthless. */
  readonly revokeTokens: () => void;
  readonly world: World;
  readonly faults: Faults;
  readonly calls: CallLog;
  /** Gets every notice that is delivered; gives what ends the listening. */
  readonly onNotice: (listener: NoticeListener) => () => void;
  /** How many events happened, and what became of them. */
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
  await new Promise<void>((resolve, reject) => {
    iamServer.once('error', reject);
    iamServer.listen(options.iamPort ?? 0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${port}`,
    iamUrl: `http://127.0.0.1:${(iamServer.address() as AddressInfo).port}`,
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
