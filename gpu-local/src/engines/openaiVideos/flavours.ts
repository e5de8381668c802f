import type { VideoRequest } from '../engine.ts';

/** How servers that speak OpenAI Videos differ; everything else about them is the same. */
export interface Flavour {
	/** How a submit travels. */
	encoding: 'json' | 'form';
	/** `seconds` as a text ("4", OpenAI's own type) or as a whole number. */
	secondsAs: 'text' | 'integer';
	/** Path that makes a video; some answer it only when the video is done. */
	submitPath: string;
	/** Whether it takes a picture to begin with, as a file in a form. */
	takesPicture: boolean;
}

export const FLAVOURS: Record<string, Flavour> = {
	openai: { encoding: 'json', secondsAs: 'text', submitPath: '/v1/videos', takesPicture: true },
	// Multipart at SGLang needs a picture in older versions, so it gets JSON.
	sglang: { encoding: 'json', secondsAs: 'integer', submitPath: '/v1/videos', takesPicture: true },
	'vllm-omni': {
		encoding: 'form',
		secondsAs: 'text',
		submitPath: '/v1/videos',
		takesPicture: true,
	},
	fastvideo: {
		encoding: 'json',
		secondsAs: 'integer',
		submitPath: '/v1/videos',
		takesPicture: false,
	},
};

/** The request in the words that all of them share; `num_frames` and `fps` decide the length. */
export function submitBody(
	request: VideoRequest,
	remoteModel: string,
	flavour: Flavour,
): Record<string, string | number> {
	const seconds = request.num_frames / request.fps;
	const body: Record<string, string | number | undefined> = {
		prompt: request.prompt,
		model: remoteModel,
		size: `${request.width}x${request.height}`,
		width: request.width,
		height: request.height,
		fps: request.fps,
		num_frames: request.num_frames,
		seconds:
			flavour.secondsAs === 'text'
				? String(Math.max(1, Math.round(seconds)))
				: Math.max(1, Math.round(seconds)),
		seed: request.seed,
		negative_prompt: request.negative_prompt,
		num_inference_steps: request.num_inference_steps,
		guidance_scale: request.guidance_scale,
	};
	return Object.fromEntries(
		Object.entries(body).filter(
			(entry): entry is [string, string | number] => entry[1] !== undefined,
		),
	);
}
