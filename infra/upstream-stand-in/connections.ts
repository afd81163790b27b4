import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import type { Server, ServerCredentials } from '@grpc/grpc-js';

const loopback = '127.0.0.1';

/** Listens for a gRPC server and hands it the connections, so that they can be cut without ending the server. */
export class Connections {
  /** Set: open connections are cut, and so is every new one. */
  private cut = false;
  private readonly sockets = new Set<Socket>();
  private readonly listener: NetServer;
  private readonly injector: ReturnType<Server['createConnectionInjector']>;

  constructor(server: Server, credentials: ServerCredentials) {
    this.injector = server.createConnectionInjector(credentials);
    this.listener = createServer((socket) => {
      if (this.cut) {
        socket.destroy();
        return;
      }
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
      this.injector.injectConnection(socket);
    });
  }

  get isCut(): boolean {
    return this.cut;
  }

  set isCut(cut: boolean) {
    this.cut = cut;
    if (cut) this.destroyAll();
  }

  /** Gives the port. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.listener.once('error', reject);
      this.listener.listen(port, loopback, () => {
        resolve((this.listener.address() as AddressInfo).port);
      });
    });
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.listener.close(resolve));
    this.destroyAll();
    this.injector.destroy();
    await closed;
  }

  private destroyAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
