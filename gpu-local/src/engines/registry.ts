import { UsageError } from '../config.ts';
import type { Engine, EngineFactory, EngineOptions } from './engine.ts';

/** Loaded only when chosen: an engine that is not used costs nothing. */
const ENGINES: Record<string, () => Promise<EngineFactory>> = {
	diffusers: async () => (await import('./diffusers/index.ts')).createDiffusersEngine,
	'openai-videos': async () => (await import('./openaiVideos/index.ts')).createOpenaiVideosEngine,
	preview: async () => (await import('./preview/index.ts')).createPreviewEngine,
};

export const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

export async function createEngine(name: string, options: EngineOptions): Promise<Engine> {
	const load = Object.hasOwn(ENGINES, name) ? ENGINES[name] : undefined;
	if (!load) {
		throw new UsageError(
			`There is no engine "${name}". The engines are: ${ENGINE_NAMES.join(', ')}.`,
		);
	}
	return await (
		await load()
	)(options);
}
