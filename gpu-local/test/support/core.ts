/** The core of a server without the server: database, queue, files, and a worker that says it is there. */
import { pino } from 'pino';
import { readConfig } from '../../src/commands/config.ts';
import { openCore, withCleanup } from '../../src/compose.ts';
import { VideoService } from '../../src/videos/service.ts';
import { reportWorker } from '../../src/store/workers.ts';

const silent = pino({ level: 'silent' });

/** A machine that makes previews. */
const RUNNER = {
	id: '00000000-0000-4000-8000-000000000001',
	host: 'here',
	engine: 'preview',
	slots: 1,
	fallback_model: null,
	devices: [],
	models: ['preview', 'other'].map((id) => ({
		id,
		title: id,
		kind: 'checkpoint' as const,
		family: 'preview',
	})),
};

export async function openTestCore(args: string[]) {
	const config = readConfig(args, {}, 'server');
	const { result: core, stop } = await withCleanup(silent, (closers) =>
		openCore(config, silent, closers),
	);
	const service = new VideoService(core.database, core.queue, core.artifacts, {
		limits: config.limits,
		defaultModel: undefined,
		aliases: {},
		callbacks: { allow: [] },
		keys: 0,
	});
	await reportWorker(core.database, RUNNER);
	return { core, service, stop };
}
