/**
 * How much memory a download costs n8n: the node's own streamed way beside the usual one (`encoding: 'arraybuffer'`,
 * then a Buffer into binary storage), both on the real n8n-core with files on disk as binary storage, each in a fresh
 * process, from a loopback server. Peak growth of the resident memory over what it was right before.
 *
 *     npx tsx bench/download-memory.ts [MiB …]
 */
import { spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INodeType } from 'n8n-workflow';
import { report, type Row } from './report';

const MIB = 1024 ** 2;
const CHUNK_BYTES = 256 * 1024;
const SAMPLE_MS = 5;
const WARM_UP_BYTES = 64 * MIB;
const GOAL_MIB = 64;
type Way = 'streamed' | 'arraybuffer';

/** An OpenAI Videos server whose only video has as many bytes as its prompt says. */
function videoServer() {
	const sizes = new Map<string, number>();
	return createServer(async (request, response) => {
		const [, id, content] = /^\/v1\/videos\/([^/]+)(\/content)?$/.exec(request.url ?? '') ?? [];
		if (content) return await sendBytes(response, sizes.get(id ?? '') ?? 0);
		let text = '';
		for await (const part of request) text += String(part);
		const name = id ?? `video_${sizes.size}`;
		if (request.method === 'POST') sizes.set(name, Number(JSON.parse(text).prompt));
		response.writeHead(200, { 'content-type': 'application/json' });
		response.end(JSON.stringify({ id: name, object: 'video', status: 'completed', progress: 100 }));
	});
}

async function sendBytes(response: ServerResponse, bytes: number): Promise<void> {
	response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes });
	const chunk = Buffer.alloc(CHUNK_BYTES, 7);
	for (let left = bytes; left > 0; left -= CHUNK_BYTES) {
		const more = response.write(left >= CHUNK_BYTES ? chunk : chunk.subarray(0, left));
		if (!more) await new Promise((resolve) => response.once('drain', resolve));
	}
	response.end();
}

/** What most nodes do. */
const arraybufferNode: INodeType = {
	description: {
		displayName: 'Whole',
		name: 'whole',
		group: ['transform'],
		version: 1,
		description: '',
		defaults: { name: 'Whole' },
		inputs: ['main'],
		outputs: ['main'],
		properties: [],
	},
	async execute() {
		const url = this.getInputData()[0]?.json.url as string;
		const body = (await this.helpers.httpRequest({ url, encoding: 'arraybuffer' })) as Buffer;
		const data = await this.helpers.prepareBinaryData(body, 'video.mp4', 'video/mp4');
		return [[{ json: {}, binary: { data } }]];
	},
};

async function download(way: Way, baseUrl: string, bytes: number): Promise<void> {
	const { runWorkflow } = await import('../test/support/n8nCore');
	const { credentialsOf } = await import('../test/support/n8nNode');
	// By its full name: `.node` alone would be taken for a binary module.
	const file = join(import.meta.dirname, '../nodes/TextToVideo/TextToVideo.node.ts');
	const { TextToVideo } = (await import(file)) as { TextToVideo: new () => INodeType };
	const streamed = {
		nodeTypes: { textToVideo: new TextToVideo() },
		credentials: await credentialsOf('localGpu', { baseUrl, apiKey: '' }),
		nodes: [
			{
				name: 'Video',
				type: 'textToVideo',
				parameters: {
					provider: 'localGpu',
					authentication: '={{ $parameter["provider"] }}',
					prompt: String(bytes),
				},
			},
		],
	};
	const submit = await fetch(`${baseUrl}/v1/videos`, {
		method: 'POST',
		body: JSON.stringify({ prompt: String(bytes) }),
	});
	const { id } = (await submit.json()) as { id: string };
	const whole = {
		nodeTypes: { whole: arraybufferNode },
		items: [{ json: { url: `${baseUrl}/v1/videos/${id}/content` } }],
		nodes: [{ name: 'Video', type: 'whole', parameters: {} }],
	};
	const result = await runWorkflow(way === 'streamed' ? streamed : whole);
	const stored = result.items('Video')[0]?.binary?.data;
	if (!stored?.id?.startsWith('filesystem'))
		throw new Error(`Not stored: ${result.error?.message}`);
	if (stored.bytes !== bytes) throw new Error(`Stored ${stored.bytes} of ${bytes} bytes`);
}

/**
 * In the child: a streamed download first, so that code is loaded and the memory that Node keeps for chunks on their way
 * to the garbage collector (about 70 MiB at loopback speed, whatever the size) is there, as in an n8n that has worked
 * before; then the measured one.
 */
async function measure(way: Way, baseUrl: string, bytes: number): Promise<void> {
	await download('streamed', baseUrl, WARM_UP_BYTES);
	(globalThis as { gc?: () => void }).gc?.();
	const before = process.memoryUsage().rss;
	let peak = before;
	const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), SAMPLE_MS);
	await download(way, baseUrl, bytes);
	clearInterval(timer);
	process.stdout.write(`\nGROWTH ${peak - before}\n`);
	process.exit(0);
}

async function growthOf(way: Way, baseUrl: string, bytes: number): Promise<number> {
	const folder = mkdtempSync(join(tmpdir(), 'download-memory-'));
	try {
		const child = spawn(
			process.execPath,
			[
				...process.execArgv,
				'--expose-gc',
				import.meta.filename,
				'--child',
				way,
				baseUrl,
				String(bytes),
			],
			{
				env: {
					...process.env,
					N8N_USER_FOLDER: folder,
					N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
				},
				stdio: ['ignore', 'pipe', 'inherit'],
			},
		);
		let text = '';
		child.stdout.on('data', (part) => (text += String(part)));
		await new Promise((resolve) => child.once('close', resolve));
		const growth = /GROWTH (\d+)/.exec(text)?.[1];
		if (growth === undefined) throw new Error(`The ${way} download of ${bytes} bytes failed`);
		return Number(growth);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

async function main(sizesMib: number[]): Promise<void> {
	const server = videoServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const rows: Row[] = [];
	let worst = 0;
	for (const size of sizesMib) {
		const ours = (await growthOf('streamed', baseUrl, size * MIB)) / MIB;
		const other = (await growthOf('arraybuffer', baseUrl, size * MIB)) / MIB;
		worst = Math.max(worst, ours);
		const figure = `peak memory growth, ${size} MiB file, MiB`;
		rows.push({ figure, ours, beside: 'arraybuffer', other, goal: `< ${GOAL_MIB} MiB` });
	}
	report('download', rows);
	console.log(worst < GOAL_MIB ? 'Goal met.' : 'Goal MISSED.');
	process.exitCode = worst < GOAL_MIB ? 0 : 1;
	server.close();
}

const [flag, way, baseUrl, bytes] = process.argv.slice(2);
if (flag === '--child') void measure(way as Way, baseUrl as string, Number(bytes));
else {
	const wanted = process.argv.slice(2).map(Number).filter(Boolean);
	void main(wanted.length > 0 ? wanted : [64, 256, 1024]);
}
