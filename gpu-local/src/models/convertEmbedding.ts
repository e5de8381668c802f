import { spawnSync } from 'node:child_process';
import { workerFolder } from '../setup/locations.ts';
import { UsageError } from '../lib/usageError.ts';

/** Writes an embedding that is a pickle as .safetensors. */
export type ConvertEmbedding = (from: string, to: string) => Promise<void>;

/**
 * In the worker's Python, whose reader takes numbers and nothing else: nothing of the file is run.
 * `python` finds it, where there is one.
 */
export function embeddingConverter(
	python: () => string | undefined,
	env: Record<string, string | undefined>,
): ConvertEmbedding {
	return async (from, to) => {
		const found = python();
		if (found === undefined) {
			throw new UsageError(
				`${from} must be converted, and Python is not set up. Run "gpu-local setup", then add it again.`,
			);
		}
		const done = spawnSync(
			found,
			['-m', 'text_to_video_worker.engine.convert_embedding', from, to],
			{
				cwd: workerFolder(),
				env: { ...env, PYTHONDONTWRITEBYTECODE: '1' },
				encoding: 'utf8',
				timeout: 300_000,
				windowsHide: true,
			},
		);
		if (done.status === 0) return;
		const why = (done.stderr || String(done.error ?? '')).trim().split('\n').at(-1) ?? '';
		throw new UsageError(
			`${from} is not used: ${why}. Of .pt and .bin files only embeddings (textual inversions) are converted.`,
		);
	};
}
