/** A server of one's own whose certificate nobody else signed. */
import { request as httpRequest, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';

/** Speaks https in front of a server that speaks http. */
export async function selfSigned(target: string): Promise<Server> {
	const { private: key, cert } = await generate([{ name: 'commonName', value: '127.0.0.1' }]);
	return createServer({ key, cert }, (incoming, outgoing) => {
		const { method, headers } = incoming;
		const onward = httpRequest(`${target}${incoming.url}`, { method, headers }, (reply) => {
			outgoing.writeHead(reply.statusCode as number, reply.headers);
			reply.pipe(outgoing);
		});
		incoming.pipe(onward);
	});
}

/** @returns where it listens, without a slash at the end */
export async function listening(server: Server, protocol: 'http' | 'https' = 'http') {
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return `${protocol}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
