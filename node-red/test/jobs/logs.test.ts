/** What Node-RED's log must not hold at any level: it is kept for long and read by many. */
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { until } from '../support/helper';
import { Stage } from '../support/stage';

const SECRET = 'an unreleased product, seen from above';
const require = createRequire(import.meta.url);

interface Util {
	log: { addHandler(handler: EventEmitter): void; removeHandler(handler: EventEmitter): void };
}

describe.each(['node-red', 'node-red-4'] as const)('%s', (version) => {
	const stage = new Stage(version);
	const { log } = createRequire(require.resolve(version))('@node-red/util') as Util;

	/** All that is logged while it goes on, audit and trace too. */
	async function logged(during: () => Promise<unknown>): Promise<string> {
		let lines = '';
		const handler = new EventEmitter();
		handler.on('log', (line: object) => (lines += `${JSON.stringify(line)}\n`));
		log.addHandler(handler);
		await during().finally(() => log.removeHandler(handler));
		return lines;
	}

	it('holds no prompt, no picture, no key and no signed address of jobs that go well or badly', async () => {
		const lines = await logged(async () => {
			const { node, out, caught, flow, credentials } = await stage.load({}, { durationMs: 300 });
			const echo = { error: { message: `No room for "${SECRET}"`, code: 'busy' } };
			stage.sim.faults.next('fetch', { kind: 'answer', status: 500, body: echo });
			stage.sim.faults.next('content', { kind: 'answer', status: 503, body: SECRET });
			node.receive({ payload: SECRET });
			expect((await out.next()).job?.status).toBe('succeeded');
			node.receive({ payload: { prompt: SECRET, seconds: SECRET } });
			expect((await caught.next()).failure).toMatchObject({ accepted: 'no' });
			node.receive({ payload: SECRET, picture: `data:image/png;base64,${SECRET}` });
			await until(() => stage.sim.book.charges === 2);
			await stage.helper.setFlows([...flow], 'full', credentials);
			expect((await stage.hear().out.next()).job?.status).toBe('succeeded');
		});
		expect(lines).toContain('Submitted');
		expect(lines).toContain('HTTP 500');
		expect(lines).not.toContain(SECRET);
		expect(lines).not.toContain(stage.sim.key);
		expect(lines).not.toMatch(/signed=|Signature=|Expires=/i);
	});
});
