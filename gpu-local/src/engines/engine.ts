/**
 * What the job server asks of anything that makes a video. An engine knows nothing about HTTP, the
 * queue or a dialect: it gets one complete request at a time, writes one file, and says truthfully
 * what it made.
 */

/** Fields of a request that not every model can honour. */
export type OptionalField =
	| 'negative_prompt'
	| 'num_inference_steps'
	| 'guidance_scale'
	| 'scheduler'
	| 'prompts'
	| 'loras'
	| 'embeddings'
	| 'closed_loop'
	| 'clip_skip'
	| 'strength'
	| 'style'
	| 'input_reference';

/** A picture that the server has checked. */
export interface PictureFacts {
	mimeType: 'image/png' | 'image/jpeg' | 'image/webp';
	/** Pixels, as the file has them. */
	width: number;
	height: number;
	bytes: number;
	/** Hexadecimal. */
	sha256: string;
}

export interface PromptSegment {
	prompt: string;
	/** Frames that this prompt rules; the segments' frames add up to `num_frames`. */
	frames: number;
}

/**
 * A request that the server has completed: size, length, rate and seed are always numbers, the
 * prompt is already enhanced when that was asked for. Names are those of the HTTP API.
 */
export interface VideoRequest {
	model: string;
	prompt: string;
	negative_prompt?: string;
	/** Pixels. */
	width: number;
	/** Pixels. */
	height: number;
	/** Frames a second; may be a fraction. */
	fps: number;
	num_frames: number;
	num_inference_steps?: number;
	guidance_scale?: number;
	/** 0 … 2^32 − 1, never "random". */
	seed: number;
	scheduler?: string;
	/** Several prompts one after another; `prompt` is then the first of them. */
	prompts?: PromptSegment[];
	/** `strength` 0 … 1. */
	loras?: Array<{ model_name: string; strength: number }>;
	embeddings?: Array<{ model_name: string }>;
	closed_loop?: boolean;
	/** 1 … 12. */
	clip_skip?: number;
	strength?: number;
	style?: string;
	/** The picture that the video begins with; the file itself comes with the job. */
	input_reference?: PictureFacts;
	output_format: 'mp4' | 'gif';
	/** True: whatever cannot be honoured exactly is an error. False: it is a warning in the result. */
	strict: boolean;
}

export interface ModelInfo {
	/** The alias that a request names: letters, digits, `.`, `_`, `-`. */
	id: string;
	title: string;
	kind: 'checkpoint' | 'lora' | 'textualinversion';
	/** For example `preview`, `animatediff`, `wan`, `ltx`, `cogvideox`, `remote`. */
	family: string;
	/** What it was trained on, for example `SD 1.5`. */
	baseModel?: string;
	sizeBytes?: number;
	/** Used for what a request leaves out (checkpoints only). */
	defaults?: Partial<
		Pick<
			VideoRequest,
			'width' | 'height' | 'fps' | 'num_frames' | 'num_inference_steps' | 'guidance_scale'
		>
	>;
	/** Width and height are rounded down to a multiple of this; 1 when any size goes. */
	sizeMultiple?: number;
	/**
	 * Which frame counts the model can make: `multiple × k + plus`, k = 0, 1, 2 …, within min … max
	 * (for example `{ multiple: 4, plus: 1 }` makes 1, 5, 9 …). Data, not code: it travels to other
	 * machines. The server rounds down. Left out: any count.
	 */
	frameRule?: { multiple: number; plus: number; min?: number; max?: number };
	/** Which optional fields the model honours. Left out: all of them. */
	supports?: readonly OptionalField[];
	/** Which of them it cannot do without. */
	requires?: readonly OptionalField[];
	/**
	 * Steps that it needs at least, and with some schedulers more; `own` is the one that it uses where a
	 * request names none. Left out: one.
	 */
	minSteps?: { least: number; schedulers: Readonly<Record<string, number>>; own?: string };
	/** Scheduler names that work with it. Left out: any name is passed on. */
	schedulers?: readonly string[];
	/** False: known, but cannot run now; `unavailableReason` says what to do. Left out: true. */
	available?: boolean;
	unavailableReason?: string;
}

export type Stage =
	'loading' | 'encoding_prompt' | 'denoising' | 'decoding' | 'rendering' | 'muxing' | 'remote';

export interface Progress {
	stage: Stage;
	/** Steps done in this stage, 0 … `steps`. */
	step?: number;
	steps?: number;
}

export interface EngineJob {
	/** The job's id in this server; unique, safe in a file name. */
	id: string;
	request: VideoRequest;
	/** Absolute path of the file to write. Its folder exists; the server moves the file afterwards. */
	outputPath: string;
	/** Absolute path of the picture of `request.input_reference`; gone when the job ends. */
	picturePath?: string;
	/** What an earlier attempt at this job remembered last. */
	memory?: EngineMemory;
}

/** Plain JSON that an engine keeps with a job, for example the id of the job on another server. */
export type EngineMemory = Record<string, string | number>;

export interface EngineContext {
	/** Aborted when the job is cancelled, out of time or lost: stop within 2 s, then throw. */
	signal: AbortSignal;
	progress(progress: Progress): void;
	/**
	 * The engine takes another job already, while it finishes this one. It is for the engine to bound how many
	 * it finishes beside.
	 */
	slotFree?(): void;
	/**
	 * Stores something for the next attempt at this job, should this process be lost; undefined forgets it.
	 * Resolves when it is stored. Forgotten by itself when the job is done.
	 */
	remember(memory: EngineMemory | undefined): Promise<void>;
	log(level: 'debug' | 'info' | 'warn' | 'error', message: string, detail?: object): void;
}

/** What was really made. The server probes the file and corrects what an engine says of it. */
export interface EngineResult {
	/** Absolute path of the finished file (normally `outputPath`). */
	file: string;
	/** Absolute path of a JPEG of the picture in its middle. Left out: the server makes one. */
	poster?: string | undefined;
	mimeType: 'video/mp4' | 'image/gif';
	width: number;
	height: number;
	frames: number;
	fps: number;
	seed: number;
	/** The settings that were really used, by their request names (scheduler, steps, profile …). */
	settings: Record<string, unknown>;
	/** For people: what was not honoured and why. */
	warnings: string[];
	/** Milliseconds by phase, for example `{ loadMs: 800, denoiseMs: 12000 }`. */
	timings: Record<string, number>;
}

export interface EngineCheck {
	name: string;
	ok: boolean;
	/** What was found. */
	message: string;
	/** What to do about it, when it is not ok. */
	remedy?: string;
}

/** What videos are computed on. */
export interface EngineDevice {
	/** As torch calls it: `cuda`, `mps`, `xpu`, `cpu`. */
	type: string;
	/** For people, for example `NVIDIA H200`. */
	name: string;
	memory_bytes: number;
}

export interface Engine {
	readonly name: string;
	/** How many jobs it can run at once on this machine, for example one a GPU. */
	readonly slots: number;
	/** Serves requests for models that no engine knows, with a warning. Left out: they are refused. */
	readonly fallbackModel?: string;
	/** Everything a request may name, checkpoints, LoRAs and embeddings. Cheap: called often. */
	models(): Promise<ModelInfo[]>;
	/** Models that are loaded now: jobs for them are taken first, within a bound. Cheap. */
	warmModels?(): readonly string[];
	/** Its devices, as far as they are known by now. Left out: they are another server's. Cheap: called often. */
	devices?(): readonly EngineDevice[];
	/** Rejects with an {@link EngineError}; anything else that is thrown counts as `worker_lost`. */
	generate(job: EngineJob, context: EngineContext): Promise<EngineResult>;
	/**
	 * Ends what the engine remembers of a job that was cancelled or failed here. Rejects where it should be
	 * tried again later.
	 */
	abandon?(memory: EngineMemory): Promise<void>;
	/** For `gpu-local doctor`. */
	check?(): Promise<EngineCheck[]>;
	/** Stops children and frees memory; running jobs are aborted first by the server. */
	close(): Promise<void>;
}

export interface EngineOptions {
	/** The server's data folder; an engine may keep a folder of its own name in it. */
	dataFolder: string;
	/** What requests get that name no model. */
	defaultModel?: string | undefined;
	/** The one folder that models are read from. */
	modelsFolder: string;
	env: Record<string, string | undefined>;
	log: EngineContext['log'];
}

export type EngineFactory = (options: EngineOptions) => Promise<Engine>;

export type EngineErrorCode =
	| 'invalid_request'
	| 'model_not_found'
	| 'unsupported_field'
	| 'gpu_oom'
	| 'engine_failed'
	| 'worker_lost'
	| 'timeout'
	| 'cancelled'
	| 'disk_full'
	/** The place for finished videos could not be reached for long. */
	| 'storage_unavailable';

/** Codes after which the same job on another try may succeed. */
const RETRYABLE: ReadonlySet<EngineErrorCode> = new Set(['worker_lost']);

export class EngineError extends Error {
	override readonly name = 'EngineError';

	constructor(
		readonly code: EngineErrorCode,
		/** What happened, in plain words. */
		message: string,
		readonly detail: {
			/** The request field it is about. */
			field?: string;
			/** What to do next, in plain words. */
			remedy?: string;
			/** Default: only `worker_lost`. */
			retryable?: boolean;
			cause?: unknown;
		} = {},
	) {
		super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
	}

	get retryable(): boolean {
		return this.detail.retryable ?? RETRYABLE.has(this.code);
	}
}
