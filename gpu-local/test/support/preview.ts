/** The preview engine with this ffmpeg, and a folder for what it makes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineResult, Progress, VideoRequest } from '../../src/engines/engine.ts';
import { createPreviewEngine } from '../../src/engines/preview/index.ts';

export const REQUEST: VideoRequest = {
	...{
		model: 'preview',
		prompt: 'A fox in the snow',
		width: 96,
		height: 64,
		fps: 8,
		num_frames: 16,
	},
	...{ seed: 7, output_format: 'mp4', strict: false },
};

export async function openPreview(ffmpeg: string) {
	const folder = await mkdtemp(join(tmpdir(), 'gpu-local-preview-'));
	const engine = await createPreviewEngine({ env: { GPU_LOCAL_FFMPEG: ffmpeg } });
	let files = 0;
	return {
		folder,
		make: async (
			change: Partial<VideoRequest> = {},
			signal = new AbortController().signal,
			progress: (progress: Progress) => void = () => undefined,
		): Promise<EngineResult> =>
			await engine.generate(
				{
					id: String(++files),
					request: { ...REQUEST, ...change },
					outputPath: join(folder, `${files}.video`),
				},
				{ signal, progress, remember: async () => undefined, log: () => undefined },
			),
		close: async () => {
			await engine.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
}
