/** Stands for the service that people post their videos to: takes forms with a file. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Posted {
	/** Every text of the form. */
	texts: Record<string, string>;
	files: Record<string, { name: string; type: string; bytes: Buffer }>;
}

export class PostReceiver {
	readonly posted: Posted[] = [];
	/** What it answers next. */
	status = 200;
	private constructor(private readonly server: Server) {}

	static async open(): Promise<PostReceiver> {
		const server = createServer();
		const receiver = new PostReceiver(server);
		server.on('request', async (request, response) => {
			const { 'content-type': type = '' } = request.headers;
			const body = new Response(await buffer(request), { headers: { 'content-type': type } });
			receiver.posted.push(await readForm(await body.formData()));
			response.writeHead(receiver.status, { 'content-type': 'application/json' });
			response.end(JSON.stringify(receiver.status === 200 ? { id: 1 } : { message: 'Come later' }));
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		return receiver;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/videos`;
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}
}

async function readForm(form: FormData): Promise<Posted> {
	const posted: Posted = { texts: {}, files: {} };
	for (const [key, value] of form) {
		if (typeof value === 'string') posted.texts[key] = value;
		else {
			const bytes = Buffer.from(await value.arrayBuffer());
			posted.files[key] = { name: value.name, type: value.type, bytes };
		}
	}
	return posted;
}
