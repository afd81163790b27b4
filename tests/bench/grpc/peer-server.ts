/** A server that one would build instead, in a process of its own: peer-server.ts NAME, the Job in $JOB, in base64. */
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fromBinary } from '@bufbuild/protobuf';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { jobDesc, serviceDesc } from '../../support/job-descriptors.ts';
import { importStaticCode } from '../peers/protobufjs-static.ts';
import type { PeerName } from './contestants.ts';
import { frame, path } from './request.ts';

const job = Buffer.from(process.env['JOB']!, 'base64');

const servers: Readonly<Record<PeerName, () => Promise<number>>> = {
  'grpc-js echo': () =>
    serveWithGrpcJs((_call, respond) => {
      respond(null, job);
    }),

  'grpc-js decoding and encoding': async () => {
    const { GetProjectJobRequest, Job } = await importStaticCode();
    const message = Job.decode(job);
    return serveWithGrpcJs((call, respond) => {
      GetProjectJobRequest.decode(call.request);
      respond(null, Job.encode(message).finish() as Buffer);
    });
  },

  'connect-node': () => {
    const message = fromBinary(jobDesc, job);
    const adapter = connectNodeAdapter({
      routes: (router) => router.service(serviceDesc, { get: () => message } as object),
    });
    return listen(createServer(adapter));
  },

  'bare node:http2': () => {
    const answer = frame(job);
    const server = createServer();
    server.on('stream', (stream) => {
      stream.resume().once('end', () => {
        stream.respond({ 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
        stream.once('wantTrailers', () => {
          stream.sendTrailers({ 'grpc-status': '0' });
        });
        stream.end(answer);
      });
    });
    return listen(server);
  },
};

const asItIs = (bytes: Buffer): Buffer => bytes;

function serveWithGrpcJs(get: handleUnaryCall<Buffer, Buffer>): Promise<number> {
  const server = new Server();
  const definition = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  };
  server.addService({ Get: definition }, { Get: get });
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(error);
    });
  });
}

function listen(server: Http2Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

const port = await servers[process.argv[2] as PeerName]();
console.log(`gRPC is served on 127.0.0.1:${port}`);
