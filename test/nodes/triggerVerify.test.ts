/** Who is believed: the Webhook Trigger on n8n-core's own contexts, with the simulated providers as senders. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Provider } from '../../providers/contract';
import { providerById } from '../../providers/registry';
import { storedBytes } from '../support/n8nModules';
import { credentialsOf } from '../support/n8nNode';
import { NODE_ID, WEBHOOK_ID, type Sent } from '../support/n8nTrigger';
import {
	callBack,
	deliver,
	freshTrigger,
	jobAt,
	listen,
	receivers,
	rig,
	signedHeaders,
	sim,
	startedJobs,
} from '../support/triggerScene';

const TINY_MP4 = readFileSync(join(import.meta.dirname, '..', 'simulators', 'tiny.mp4'));
const unsigned = receivers.filter(
	({ capabilities }) => capabilities.callback?.signature === 'none',
);
const signsFor = (provider: Provider) => provider.capabilities.callback?.signature !== 'none';

describe.each(receivers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(_id, provider) => {
		it('starts the workflow with the finished job, once, though the message comes five times', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const message = await callBack(jobId);
			const sents: Sent[] = [];
			for (let time = 0; time < 5; time += 1) sents.push(await rig.send(message.body, message));
			expect(sents.map(({ status }) => status)).toEqual([202, 200, 200, 200, 200]);
			expect(await startedJobs(sents)).toEqual([`${jobId} succeeded`]);
			const [item] = (await sents[0]!.started())!;
			expect(item?.json).toMatchObject({
				provider: provider.id,
				jobId,
				status: 'succeeded',
				videos: [{ url: expect.stringMatching(/^http/), mimeType: 'video/mp4' }],
			});
			expect(item?.json).not.toHaveProperty('error');
		});

		it('lets five at the same moment through once', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const message = await callBack(jobId);
			const sents = await Promise.all(
				Array.from({ length: 5 }, async () => await rig.send(message.body, message)),
			);
			expect(await startedJobs(sents)).toEqual([`${jobId} succeeded`]);
		});

		it('starts the workflow with a failed job and its reason', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.fail(jobId, 'The model ran out of memory');
			const [item] = (await (await deliver(jobId)).started())!;
			expect(item?.json).toMatchObject({ jobId, status: 'failed' });
			expect(JSON.stringify(item?.json.failure)).toContain('The model ran out of memory');
		});

		it('forgets nothing over a restart of n8n', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const message = await callBack(jobId);
			await (await rig.send(message.body, message)).started();
			rig.trigger = await freshTrigger();
			const again = await rig.send(message.body, message);
			expect(again).toMatchObject({ status: 200, message: 'This message was received before.' });
			expect(await again.started()).toBeUndefined();
		});

		it('gives nothing away to a sender who does not know the whole address', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const { body, headers } = await callBack(jobId);
			for (const secret of ['wrong', NODE_ID.slice(0, -1), `${NODE_ID}x`, WEBHOOK_ID, '%', '%00']) {
				const sent = await rig.send(body, { headers, secret });
				expect(sent).toMatchObject({ status: 401, message: 'Unauthorized' });
				expect(await sent.started()).toBeUndefined();
			}
			expect(await startedJobs([await rig.send(body, { headers })])).toHaveLength(1);
		});

		it('does not take the messages of other providers', async () => {
			await listen(provider);
			const family = (id: string) => (/^(stableDiffusion|modelslab)/.test(id) ? 'sd' : id);
			for (const other of receivers.filter(({ id }) => family(id) !== family(provider.id))) {
				const jobId = await jobAt(other);
				await sim.finish(jobId);
				const { body, headers } = await callBack(jobId);
				const signed = signsFor(provider) ? signedHeaders(body) : headers;
				const sent = await rig.send(body, { headers: signed });
				// Acknowledged at most: nothing of it reaches the workflow.
				expect([200, 400]).toContain(sent.status);
				expect(await sent.started()).toBeUndefined();
			}
		});

		it('ignores an old "processing" that arrives after the end', async () => {
			await listen(provider, { events: ['progress', 'succeeded', 'failed'] });
			const jobId = await jobAt(provider);
			const running = await callBack(jobId, {
				as: { status: 'processing', progress: 40, etaSeconds: 10 },
			});
			await sim.finish(jobId);
			const sents = [await deliver(jobId), await rig.send(running.body, running)];
			expect(sents[1]).toMatchObject({ status: 200, message: `Job ${jobId} has ended already.` });
			expect(await startedJobs(sents)).toEqual([`${jobId} succeeded`]);
		});

		it('downloads the video where asked, after the sender has its answer', async () => {
			await listen(provider, { downloadVideo: true });
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			sim.faults.next('file', { kind: 'slow', ms: 300 });
			const sent = await deliver(jobId);
			expect(sent.status).toBe(202);
			const [item] = (await sent.started())!;
			expect(item?.json.jobId).toBe(jobId);
			expect(item?.binary?.data).toMatchObject({ mimeType: 'video/mp4', fileExtension: 'mp4' });
			expect((await storedBytes(item!.binary!.data!)).equals(TINY_MP4)).toBe(true);
		});
	},
);

describe('a sender that signs', () => {
	const localGpu = providerById('localGpu');
	const event = JSON.stringify({
		type: 'video.completed',
		data: { id: 'video_123', object: 'video', status: 'completed', progress: 100 },
	});
	const OTHER = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

	it('is believed by its signature alone', async () => {
		await listen(localGpu);
		const sent = await rig.send(event, { headers: signedHeaders(event) });
		expect(await startedJobs([sent])).toEqual(['video_123 succeeded']);
		expect(sim.book.requests).toEqual([]);
	});

	it.each([
		['no signature', () => ({})],
		['a foreign one', () => signedHeaders(event, { secret: OTHER })],
		['one for another body', () => signedHeaders(`${event} `)],
		['one that is too old', () => signedHeaders(event, { ageSeconds: 301 })],
		['one from the future', () => signedHeaders(event, { ageSeconds: -302 })],
	])('is refused with %s', async (_name, headers) => {
		await listen(localGpu);
		const sent = await rig.send(event, { headers: headers() });
		expect(sent).toMatchObject({ status: 401, message: 'Unauthorized' });
		expect(await sent.started()).toBeUndefined();
	});

	it('may change its secret while both are in the credential', async () => {
		await listen(localGpu);
		rig.credentials = await credentialsOf('localGpu', {
			baseUrl: sim.url,
			webhookSecret: `${OTHER}  ${sim.webhookSecret}`,
		});
		const old = await rig.send(event, { headers: signedHeaders(event, { secret: OTHER }) });
		const next = event.replace('video_123', 'video_124');
		const sents = [old, await rig.send(next, { headers: signedHeaders(next, { id: 'msg_2' }) })];
		expect(await startedJobs(sents)).toEqual(['video_123 succeeded', 'video_124 succeeded']);
	});

	it('is refused where the credential has no secret, and the editor says what is missing', async () => {
		await listen(localGpu);
		for (const credentials of [
			await credentialsOf('localGpu', { baseUrl: sim.url, webhookSecret: ' ' }),
			{},
		]) {
			rig.credentials = credentials;
			const sent = await rig.send(event, { headers: signedHeaders(event) });
			expect(sent).toMatchObject({ status: 401, message: 'Unauthorized' });
			expect(await sent.started()).toBeUndefined();
			await expect(rig.activate()).rejects.toMatchObject({
				message:
					'The credential for Local GPU has no Webhook Secret, so no message could be trusted.',
				description: expect.stringContaining('Webhook Secret'),
			});
		}
	});

	it('tells of progress where that is wanted', async () => {
		await listen(localGpu, { events: ['progress'] });
		const jobId = await jobAt(localGpu);
		const as = (progress: number) => ({
			as: { status: 'processing' as const, progress, etaSeconds: 9 },
		});
		const sents = [await deliver(jobId, as(30)), await deliver(jobId, as(60))];
		const steps = await Promise.all(sents.map(async (sent) => (await sent.started())?.[0]?.json));
		expect(steps).toMatchObject([{ progress: 30 }, { progress: 60 }]);
		await sim.finish(jobId);
		const end = await deliver(jobId);
		expect(end.status).toBe(200);
		expect(await end.started()).toBeUndefined();
	});
});

describe.each(unsigned.map((provider) => [provider.id, provider] as const))(
	'a sender that does not sign: %s',
	(_id, provider) => {
		it('is not believed: the output is what the provider says', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const [item] = (await (await deliver(jobId, { forged: true })).started())!;
			expect(item?.json).toMatchObject({ jobId, status: 'succeeded' });
			expect(JSON.stringify(item?.json)).not.toContain('forged.example.com');
		});

		it('that tells of an end before the provider shows it starts the workflow then, once', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			const early = await deliver(jobId, { forged: true });
			expect(early.status).toBe(202);
			await sim.finish(jobId);
			expect(await startedJobs([early, await deliver(jobId)])).toEqual([`${jobId} succeeded`]);
			const [item] = (await early.started())!;
			expect(JSON.stringify(item?.json)).not.toContain('forged.example.com');
		});

		it('starts nothing about a job that the provider does not know', async () => {
			await listen(provider);
			const jobId = await jobAt(provider);
			await sim.finish(jobId);
			const { body } = await callBack(jobId);
			const sent = await rig.send(body.replaceAll(jobId, '404404'));
			expect(await sent.started()).toBeUndefined();
		});

		it('is believed as it is where the user turned the confirmation off', async () => {
			await listen(provider, { confirmWithProvider: false });
			const jobId = await jobAt(provider);
			const asked = sim.book.requests.length;
			const [item] = (await (await deliver(jobId, { forged: true })).started())!;
			expect(JSON.stringify(item?.json)).toContain('forged.example.com');
			expect(sim.book.requests).toHaveLength(asked);
		});
	},
);
