import { UsageError } from '../lib/usageError.ts';
import type { Engine, EngineFactory, EngineOptions } from './engine.ts';

/** Loaded only when chosen: an engine that is not used costs nothing. */
const ENGINES: Record<string, () => Promise<EngineFactory>> = {
	diffusers: async () => (await import('./diffusers/index.ts')).createDiffusersEngine,
	'openai-videos': async () => (await import('./openaiVideos/index.ts')).createOpenaiVideosEngine,
	preview: async () => (await import('./preview/index.ts')).createPreviewEngine,
};

const ENGINE_NAMES: readonly string[] = Object.keys(ENGINES);

/** Said before anything is opened. */
export function checkEngineName(name: string): void {
	if (ENGINE_NAMES.includes(name)) return;
	throw new UsageError(
		`There is no engine "${name}". The engines are: ${ENGINE_NAMES.join(', ')}.`,
	);
}

export async function createEngine(name: string, options: EngineOptions): Promise<Engine> {
	checkEngineName(name);
	const create = await ENGINES[name]!();
	return await create(options);
}
