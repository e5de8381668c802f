/**
 * Anything may be sent to the trigger's address. Whatever it is, it is answered with a code that fits, starts nothing
 * and leaves nothing behind, because nobody signed it and the provider does not know the job.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TextToVideoTrigger } from '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
import { sign } from '../../jobs/callback/standardWebhooks';
import { providerById } from '../../providers/registry';
import { smallValues, submit } from '../simulators/client';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { credentialsOf } from '../support/n8nNode';
import { TriggerRig } from '../support/n8nTrigger';
import { FUZZ_FACTOR } from '../support/fuzzFactor';

const AT_A_TIME = 25;
/** Three providers of this many are more than 10,000 bodies. */
const RUNS = 136 * FUZZ_FACTOR;
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const EXPECTED_STATUSES = [200, 202, 400, 401, 413, 415, 429];

let sim: Simulator;
beforeAll(async () => {
	sim = await startSimulator({ durationMs: Infinity, autoCallbacks: false, webhookSecret: SECRET });
});
afterAll(async () => await sim.close());

/** The documented messages, to be mutilated. */
const DOCUMENTED: Record<string, unknown> = {
	novita: {
		event_type: 'ASYNC_TASK_RESULT',
		payload: {
			task: {
				eta: 0,
				progress_percent: 0,
				reason: '',
				status: 'TASK_STATUS_SUCCEED',
				task_id: 'f6aec953',
			},
			extra: { webhook: { url: 'https://example.com/hook', test_mode: { enabled: true } } },
			videos: [
				{ video_url: 'https://x.example.com/v.mp4', video_url_ttl: '3600', video_type: 'mp4' },
			],
		},
	},
	stableDiffusionV4: {
		status: 'success',
		id: 'abc123-def456',
		output: ['https://pub-xxxx.r2.dev/generations/abc123.mp4'],
		fetch_result: 'https://modelslab.com/api/v6/video/fetch/1',
		generationTime: 45.2,
		track_id: 'video_001',
		meta: { prompt: '...', width: 512 },
	},
	localGpu: {
		type: 'video.completed',
		data: { id: 'video_123', object: 'video', status: 'completed', progress: 100, error: null },
	},
};

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The document with some of its members replaced, dropped or doubled. */
function mutilated(document: Json): fc.Arbitrary<Json> {
	const other = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
	const keep = fc.constant(document);
	if (typeof document !== 'object' || document === null) {
		return fc.oneof({ weight: 5, arbitrary: keep }, { weight: 1, arbitrary: other });
	}
	const inner = Array.isArray(document)
		? fc.tuple(...document.map(mutilated))
		: fc.record(
				Object.fromEntries(Object.entries(document).map(([key, value]) => [key, mutilated(value)])),
				{ requiredKeys: [] },
			);
	return fc.oneof(
		{ weight: 8, arbitrary: inner as fc.Arbitrary<Json> },
		{ weight: 1, arbitrary: other },
	);
}

function bodies(document: unknown): fc.Arbitrary<string | Uint8Array> {
	const whole = mutilated(document as Json).map((value) => JSON.stringify(value));
	return fc.oneof(
		{ weight: 6, arbitrary: whole },
		{
			weight: 1,
			arbitrary: fc
				.tuple(whole, fc.nat())
				.map(([text, at]) => text.slice(0, at % (text.length + 1))),
		},
		{ weight: 1, arbitrary: fc.json() },
		{ weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
		{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
		{ weight: 1, arbitrary: fc.nat(500).map((depth) => '['.repeat(depth) + ']'.repeat(depth)) },
	);
}

const headerText = fc.stringMatching(/^[\x21-\x7e]{0,40}$/);
const mostly = <T>(value: T, other: fc.Arbitrary<T>) =>
	fc.oneof({ weight: 6, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other });

const messages = (document: unknown) =>
	fc.record({
		body: bodies(document),
		contentType: mostly(
			'application/json',
			fc.oneof(
				fc.constantFrom('', 'text/plain', 'multipart/form-data; boundary=x', 'application/xml'),
				headerText,
			),
		),
		encoding: mostly('identity', fc.constantFrom('gzip', 'deflate', 'br', 'x')),
		secret: mostly<string | undefined>(undefined, fc.stringMatching(/^[A-Za-z0-9%_.-]{1,40}$/)),
		/** A signature that is garbage, or true for something else. */
		signature: fc.oneof(
			fc.constant(undefined),
			fc.record({
				id: headerText,
				timestamp: fc.oneof(fc.constant(String(Math.floor(Date.now() / 1000))), headerText),
				signature: fc.oneof(
					headerText,
					fc.constant(sign(SECRET, 'msg_1', Math.floor(Date.now() / 1000), '{}')),
					fc.constant('v1,'),
				),
			}),
		),
	});

describe.each(Object.keys(DOCUMENTED))('%s', (id) => {
	it(
		`stands ${AT_A_TIME * RUNS} messages that nobody vouches for`,
		async () => {
			const provider = providerById(id);
			const rig = await TriggerRig.start({
				trigger: new TextToVideoTrigger(),
				parameters: {
					provider: id,
					events: ['cancelled', 'failed', 'progress', 'succeeded'],
					additionalOptions: { rawPayload: true },
				},
				credentials: await credentialsOf(id, {
					baseUrl: sim.url,
					apiKey: sim.key,
					webhookSecret: SECRET,
				}),
			});
			try {
				let sent = 0;
				const message = messages(DOCUMENTED[id]);
				await fc.assert(
					fc.asyncProperty(
						fc.array(message, { minLength: AT_A_TIME, maxLength: AT_A_TIME }),
						async (batch) => {
							await Promise.all(
								batch.map(async ({ body, contentType, encoding, secret, signature }) => {
									const reply = await rig.send(body, {
										headers: {
											'content-type': contentType,
											'content-encoding': encoding,
											...(signature
												? {
														'webhook-id': signature.id,
														'webhook-timestamp': signature.timestamp,
														'webhook-signature': signature.signature,
													}
												: {}),
										},
										...(secret === undefined ? {} : { secret }),
									});
									sent += 1;
									expect(EXPECTED_STATUSES).toContain(reply.status);
									expect(await reply.started()).toBeUndefined();
								}),
							);
						},
					),
					{ numRuns: RUNS },
				);
				expect(sent).toBe(AT_A_TIME * RUNS);
				expect(rig.staticData).toBe('{}');
				// The same trigger still does its work.
				const { job } = await submit(sim, provider, smallValues(provider));
				await sim.finish(job!.jobId);
				const url = `${rig.url}${new URL(rig.address()!).pathname}`;
				expect(await sim.callback(job!.jobId, { url })).toEqual([202]);
			} finally {
				await rig.close();
			}
		},
		120_000 * FUZZ_FACTOR,
	);
});
