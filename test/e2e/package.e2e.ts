import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { N8nServer } from '../support/n8nServer';
import { chain, manualTrigger, webhookTrigger } from '../support/n8nWorkflows';

const CREDENTIAL = 'textToVideoLocalGpuApi';
/** Nothing listens on port 1, so this executor certainly takes no job. */
const UNREACHABLE = 'http://127.0.0.1:1';

const textToVideo = {
	name: 'Text to Video',
	type: 'n8n-nodes-text-to-video.textToVideo',
	parameters: { provider: 'localGpu', prompt: '={{ $json.body?.prompt ?? "A cat" }}' },
	credentials: { [CREDENTIAL]: { id: '', name: 'Local GPU' } },
};

let n8n: N8nServer;
beforeAll(async () => {
	n8n = await N8nServer.start({
		credentials: [
			{ name: 'Local GPU', type: CREDENTIAL, data: { baseUrl: UNREACHABLE, apiKey: '' } },
		],
		workflows: [
			chain('byHand', [manualTrigger(), textToVideo]),
			chain('byWebhook', [
				webhookTrigger('make'),
				{ ...textToVideo, onError: 'continueRegularOutput' },
			]),
		],
		active: ['byWebhook'],
	});
});
afterAll(() => n8n?.dispose());

describe('the built package in a real n8n', () => {
	it('loads as a community package: both nodes, each usable as a tool too', async () => {
		const types = await n8n.nodeTypes();
		const ours = types.filter((name) => name.startsWith('n8n-nodes-text-to-video.'));
		expect(ours).toEqual(
			expect.arrayContaining([
				'n8n-nodes-text-to-video.textToVideo',
				'n8n-nodes-text-to-video.textToVideoFetchResult',
				'n8n-nodes-text-to-video.textToVideoTool',
			]),
		);
	});

	it('says what happened and what to do when the executor does not answer', async () => {
		const execution = await n8n.run('byHand', 'Manual');
		expect(execution.status).toBe('error');
		const { error, lastNodeExecuted } = execution.data.resultData;
		expect(lastNodeExecuted).toBe('Text to Video');
		expect(error?.message).toMatch(/refused/i);
		expect(error?.description).toContain('Check the base URL in the credential');
	});

	it('works on after a power cut: workflow, credential and webhook are there again', async () => {
		const before = await n8n.callWebhook('make', { prompt: 'A dog' });
		await n8n.killAndRestart();
		const after = await n8n.callWebhook('make', { prompt: 'A dog' });
		expect(after.status).toBe(200);
		expect(after).toEqual(before);
		expect(after.body).toMatchObject([{ details: { provider: 'localGpu', accepted: 'no' } }]);
	});
});
