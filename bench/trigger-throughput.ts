/**
 * Verified callbacks a second through the Webhook Trigger, beside n8n's own Webhook node in the same n8n. Both get the
 * same body; only ours checks a signature and remembers what it has seen. A round counts from its first request until
 * n8n has finished the last execution that it started, because an early answer alone is no throughput. Rounds take
 * turns. Goal: at least 0.8 times the Webhook node.
 *
 * n8n 2.41 starts an expression sandbox for every message to any trigger but its own Webhook node, and to that one too
 * as soon as one of its fields holds an expression; it stands beside ours in both forms.
 *
 *     npx tsx bench/trigger-throughput.ts
 */
import { sign } from '../jobs/callback/standardWebhooks';
import { providerById } from '../providers/registry';
import { N8nServer, until } from '../test/support/n8nServer';
import { chain, type NodeSpec } from '../test/support/n8nWorkflows';
import { report } from './report';

const ROUNDS = 5;
const CALLBACKS = 60;
const WARM_UP = 10;
const AT_A_TIME = 8;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

const provider = providerById('localGpu');
const after: NodeSpec = { name: 'After', type: 'n8n-nodes-base.noOp', parameters: {} };

const webhookNode = (path: string, options: Record<string, unknown>): NodeSpec => ({
	name: 'Trigger',
	type: 'n8n-nodes-base.webhook',
	typeVersion: 2,
	parameters: { path, httpMethod: 'POST', responseMode: 'onReceived', options },
});

const WORKFLOWS = {
	ours: chain('ours', [
		{
			name: 'Trigger',
			type: 'n8n-nodes-text-to-video.textToVideoTrigger',
			parameters: { provider: provider.id },
			credentials: { [provider.credential]: { name: 'Local GPU' } },
		},
		after,
	]),
	theirs: chain('theirs', [webhookNode('beside', {}), after]),
	withExpression: chain('withExpression', [
		webhookNode('expression', { responseData: '={{ "OK" }}' }),
		after,
	]),
};
type Side = keyof typeof WORKFLOWS;

let n8n: N8nServer;
let messages = 0;

function message(): { body: string; headers: Record<string, string> } {
	const id = `msg_${(messages += 1)}`;
	const seconds = Math.floor(Date.now() / 1000);
	const body = JSON.stringify({
		type: 'video.completed',
		data: {
			id: `video_${messages}`,
			object: 'video',
			status: 'completed',
			progress: 100,
			created_at: seconds - 60,
			completed_at: seconds,
			size: '640x360',
			seconds: '3',
			url: `http://127.0.0.1:8484/files/video_${messages}.mp4`,
		},
	});
	const headers = {
		'content-type': 'application/json',
		'user-agent': 'Mozilla/5.0',
		'webhook-id': id,
		'webhook-timestamp': String(seconds),
		'webhook-signature': sign(SECRET, id, seconds, body),
	};
	return { body, headers };
}

async function addresses(): Promise<Record<Side, string>> {
	const { nodes } = await n8n.rest.call<{ nodes: Array<{ id: string; webhookId: string }> }>(
		'GET',
		'/rest/workflows/ours',
	);
	const [trigger] = nodes as [{ id: string; webhookId: string }];
	return {
		ours: `${n8n.url}/webhook/${trigger.webhookId}/${trigger.id}`,
		theirs: `${n8n.url}/webhook/beside`,
		withExpression: `${n8n.url}/webhook/expression`,
	};
}

async function finished(side: Side): Promise<number> {
	const filter = encodeURIComponent(JSON.stringify({ workflowId: side, status: ['success'] }));
	const { count } = await n8n.rest.call<{ count: number }>(
		'GET',
		`/rest/executions?filter=${filter}&limit=1`,
	);
	return count;
}

/** @returns callbacks a second: answered, and gone through the workflow */
async function round(
	side: Side,
	url: string,
	size: number,
): Promise<{ answered: number; executed: number }> {
	const before = await finished(side);
	const queue = Array.from({ length: size }, message);
	const startedMs = performance.now();
	await Promise.all(
		Array.from({ length: AT_A_TIME }, async () => {
			for (let next = queue.pop(); next; next = queue.pop()) {
				const reply = await fetch(url, { method: 'POST', ...next });
				if (!reply.ok) throw new Error(`${side} answered ${reply.status}`);
				await reply.arrayBuffer();
			}
		}),
	);
	const answeredMs = performance.now() - startedMs;
	await until(60_000, `${size} executions of ${side}`, async () =>
		(await finished(side)) >= before + size ? true : undefined,
	);
	const executedMs = performance.now() - startedMs;
	return { answered: (size / answeredMs) * 1000, executed: (size / executedMs) * 1000 };
}

const median = (values: number[]): number =>
	[...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;

async function main(): Promise<void> {
	n8n = await N8nServer.start({
		credentials: [
			{
				name: 'Local GPU',
				type: provider.credential,
				data: { baseUrl: provider.account.defaultBaseUrl, webhookSecret: SECRET },
			},
		],
		workflows: Object.values(WORKFLOWS),
		active: Object.keys(WORKFLOWS),
	});
	try {
		const urls = await addresses();
		for (const url of Object.values(urls)) {
			await until(15_000, `${url} to be live`, async () => {
				const reply = await fetch(url, { method: 'POST', ...message() });
				return reply.ok ? true : undefined;
			});
		}
		const sides = Object.keys(WORKFLOWS) as Side[];
		for (const side of sides) await round(side, urls[side], WARM_UP);
		const seen: Record<Side, Array<{ answered: number; executed: number }>> = {
			ours: [],
			theirs: [],
			withExpression: [],
		};
		for (let turn = 0; turn < ROUNDS; turn += 1) {
			for (const side of turn % 2 ? [...sides].reverse() : sides) {
				const result = await round(side, urls[side], CALLBACKS);
				seen[side].push(result);
				const [answered, executed] = [result.answered, result.executed].map((n) => n.toFixed(1));
				console.log(
					`round ${turn + 1}, ${side}: ${answered} answered, ${executed} executed a second`,
				);
			}
		}
		const of = (side: Side, what: 'answered' | 'executed') =>
			median(seen[side].map((each) => each[what]));
		const executed = 'callbacks a second, through their executions (median)';
		const answered = 'callbacks a second, answered (median)';
		const row = (figure: string, what: 'answered' | 'executed', other: Side, beside: string) => ({
			figure,
			ours: of('ours', what),
			beside,
			other: of(other, what),
			goal: '≥ 0.8',
		});
		report('trigger', [
			row(executed, 'executed', 'theirs', 'n8n Webhook node'),
			row(executed, 'executed', 'withExpression', 'the same with an expression'),
			row(answered, 'answered', 'theirs', 'n8n Webhook node'),
			row(answered, 'answered', 'withExpression', 'the same with an expression'),
		]);
	} finally {
		await n8n.dispose();
	}
}

void main();
