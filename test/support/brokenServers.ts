/** Addresses at which a request fails, some before it begins to leave and some after. */
import { createServer as createHttp, type Server as HttpServer } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { generate } from 'selfsigned';

export class BrokenServers {
	private readonly servers: Server[] = [];
	private readonly sockets = new Set<Socket>();
	private constructor(private readonly certificate: { key: string; cert: string }) {}

	static async open(): Promise<BrokenServers> {
		const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
		return new BrokenServers({ key, cert });
	}

	close(): void {
		for (const server of this.servers) server.close();
		for (const socket of this.sockets) socket.destroy();
	}

	/** A service that answers everything, and whose secure connections are as the options say. */
	async secure(options: ServerOptions = {}): Promise<string> {
		const server = createHttps({ ...this.certificate, ...options }, (_request, reply) =>
			reply.end('{}'),
		);
		return `https://127.0.0.1:${await this.listen(server)}`;
	}

	/** What lets in only those that have a certificate of their own. */
	async forMembers(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<string> {
		const ca = this.certificate.cert;
		return await this.secure({ requestCert: true, rejectUnauthorized: true, ca, maxVersion });
	}

	/** Reads the first bytes, and then does this with the connection. */
	async tcp(then: (socket: Socket) => void, atOnce = false): Promise<string> {
		const server = createTcp((socket) => {
			socket.on('error', () => undefined);
			if (atOnce) then(socket);
			else socket.once('data', () => then(socket));
		});
		return `127.0.0.1:${await this.listen(server)}`;
	}

	/** A proxy that answers the wish for a tunnel so. */
	async proxy(onConnect: (socket: Socket) => void): Promise<string> {
		const server: HttpServer = createHttp((_request, reply) => reply.writeHead(407).end());
		server.on('connect', (_request, socket: Socket) => onConnect(socket));
		return `http://127.0.0.1:${await this.listen(server)}`;
	}

	private async listen(server: Server): Promise<number> {
		this.servers.push(server);
		server.on('connection', (socket: Socket) => this.sockets.add(socket));
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return (server.address() as AddressInfo).port;
	}
}
