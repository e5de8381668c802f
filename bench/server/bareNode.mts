/**
 * A server of nothing but Node: the create and the question of the executor's API on a map in memory, as self-hosted
 * video servers keep their jobs. A process of its own, as the executor is.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const jobs = new Map<string, object>();
const server = createServer((request, response) => {
	const chunks: Buffer[] = [];
	request.on('data', (chunk: Buffer) => chunks.push(chunk));
	request.on('end', () => {
		let job = jobs.get(request.url!.slice('/v1/videos/'.length));
		if (request.method === 'POST') {
			const id = `video_${jobs.size}`;
			job = { id, status: 'queued', ...(JSON.parse(Buffer.concat(chunks).toString()) as object) };
			jobs.set(id, job);
		}
		response.setHeader('content-type', 'application/json');
		response.end(JSON.stringify(job ?? {}));
	});
});
server.listen(0, '127.0.0.1', () => {
	console.log(`is ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
