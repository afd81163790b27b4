/** A peer of the native gRPC server, in a process of its own: `peer-server.ts KIND`, the job's bytes in $JOB, base64. */
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fromBinary } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { Server, ServerCredentials, type UntypedHandleCall } from '@grpc/grpc-js';
import { projectJobService } from '../../../lib/protocol/grpc/service-definition.ts';
import { jobDesc, serviceDesc } from '../../support/job-descriptors.ts';
import { importStaticCode } from '../peers/protobufjs-static.ts';

const job = Buffer.from(process.env['JOB']!, 'base64');

const kinds: Readonly<Record<string, () => Promise<number>>> = {
  /** Answers the same bytes at once, whatever it is asked. */
  'grpc-js echo': () =>
    serveWithGrpcJs((_call, respond) => {
      respond(null, job);
    }),

  /** What generated code does: a message object in, a message object out. */
  'grpc-js decoding and encoding': async () => {
    const { GetProjectJobRequest, Job } = await importStaticCode();
    const ready = Job.decode(job);
    return serveWithGrpcJs((call, respond) => {
      GetProjectJobRequest.decode(call.request);
      respond(null, Buffer.from(Job.encode(ready).finish()));
    });
  },

  'connect-node': () => {
    const ready = fromBinary(jobDesc, job);
    const adapter = connectNodeAdapter({
      routes: (router) => router.service(serviceDesc, { get: () => ready } as never),
    });
    return listen(createServer(adapter));
  },

  /** The least that can answer: frames and headers by hand. */
  'node:http2 by hand': () => {
    const frame = Buffer.alloc(5 + job.length);
    frame.writeUInt32BE(job.length, 1);
    job.copy(frame, 5);
    const server = createServer();
    server.on('stream', (stream: ServerHttp2Stream) => {
      stream.resume().once('end', () => {
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc+proto' },
          { waitForTrailers: true },
        );
        stream.once('wantTrailers', () => {
          stream.sendTrailers({ 'grpc-status': '0' });
        });
        stream.end(frame);
      });
    });
    return listen(server);
  },
};

type Respond = (error: null, answer: Buffer) => void;

function serveWithGrpcJs(
  handle: (call: { readonly request: Buffer }, respond: Respond) => void,
): Promise<number> {
  const server = new Server();
  server.addService(projectJobService, { Get: handle as UntypedHandleCall });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

console.log(`on 127.0.0.1:${await kinds[process.argv[2]!]!()}`);
