import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '../src/http/keys.ts';
import { startTestServer } from './support/server.ts';
import type { TestServer } from './support/server.ts';

const OLD = 'old-key-0123456789abcdef';
const NEW = 'new-key-0123456789abcdef';

describe('a key ring', () => {
	it('knows a key by its name, and several keys by one name', () => {
		const ring = new KeyRing([`alice=${OLD}`, `alice=${NEW}`, 'unnamed-key-0123456789']);
		expect(ring.ownerOf(OLD)).toBe('name:alice');
		expect(ring.ownerOf(NEW)).toBe('name:alice');
		expect(ring.ownerOf('unnamed-key-0123456789')).toMatch(/^[0-9a-f]{16}$/);
		expect(ring.ownerOf('another')).toBeUndefined();
		expect(ring.owners.size).toBe(2);
	});

	it('takes no part of a key in Base64 for a name', () => {
		const key = 'QUJDREVGR0hJSktMTU5PUA==';
		expect(new KeyRing([key]).ownerOf(key)).toMatch(/^[0-9a-f]{16}$/);
	});

	it('still opens to a key from before there were names that looks like one with a name', () => {
		const key = 'team=0123456789abcdef';
		expect(new KeyRing([key]).ownerOf(key)).toBe('name:team');
	});
});

describe('jobs of a key that is changed', () => {
	let folder: string;
	let server: TestServer | undefined;
	beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'gpu-local-keys-'))));
	afterEach(async () => {
		await server?.stop();
		server = undefined;
		await rm(folder, { recursive: true, force: true });
	});

	const restart = async (keys: string | undefined): Promise<TestServer> => {
		await server?.stop();
		server = await startTestServer(
			['--data', folder, '--no-work'],
			keys === undefined ? {} : { GPU_LOCAL_API_KEYS: keys },
		);
		return server;
	};
	const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
	const MOCK = {
		extra: {
			webhook: {
				url: 'https://hooks.test/',
				test_mode: { enabled: true, return_task_status: 'TASK_STATUS_SUCCEED' },
			},
		},
		...{ model_name: 'x', width: 512, height: 512, steps: 20 },
		prompts: [{ prompt: 'A boat', frames: 16 }],
	};

	it('stay with its name, also those from before it had one', async () => {
		const first = await startWithWorker(OLD);
		const { body: job } = await first.call('POST', '/v3/async/txt2video', MOCK, bearer(OLD));
		const seen = async (at: TestServer, key: string) =>
			(await at.call('GET', `/v3/async/task-result?task_id=${job.task_id}`, undefined, bearer(key)))
				.status;
		expect(await seen(first, OLD)).toBe(200);
		// A new key without a name is somebody else.
		expect(await seen(await restart(`${OLD},${NEW}`), NEW)).toBe(404);
		expect(await seen(await restart(`alice=${OLD},alice=${NEW}`), NEW)).toBe(200);
		expect(await seen(await restart(`alice=${NEW}`), NEW)).toBe(200);
		// Novita's word for a key that is none.
		expect(await seen(await restart(`alice=${NEW}`), OLD)).toBe(403);
	}, 60_000);

	it('that were made without any key are shown by the key named local', async () => {
		const first = await startWithWorker(undefined);
		const { body: job } = await first.call('POST', '/v3/async/txt2video', MOCK);
		const { status } = await (
			await restart(`local=${NEW}`)
		).call('GET', `/v3/async/task-result?task_id=${job.task_id}`, undefined, bearer(NEW));
		expect(status).toBe(200);
	}, 60_000);

	/** With somebody there who makes videos, without whom no job is taken. */
	async function startWithWorker(keys: string | undefined): Promise<TestServer> {
		server = await startTestServer(
			['--data', folder],
			keys === undefined ? {} : { GPU_LOCAL_API_KEYS: keys },
		);
		return server;
	}
});
