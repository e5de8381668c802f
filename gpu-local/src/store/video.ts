import type { EngineErrorCode, EngineMemory, VideoRequest } from '../engines/engine.ts';

/** `queued` and `running` may still change; `completed` becomes `expired` when its file is removed. */
export const STATUSES = [
	'queued',
	'running',
	'completed',
	'failed',
	'cancelled',
	'expired',
] as const;
export type VideoStatus = (typeof STATUSES)[number];

export interface StoredFile {
	/** Name in the artifact store. */
	name: string;
	bytes: number;
	/** Hexadecimal. */
	sha256: string;
}

export interface Artifact extends StoredFile {
	mimeType: string;
	/** Probed from the file, not taken from the request. */
	width: number;
	height: number;
	frames: number;
	fps: number;
	durationSeconds: number;
	/** A picture out of it, as JPEG; none where the machine that made the video has no ffmpeg. */
	poster?: StoredFile;
}

/** The names of all files of a finished video. */
export const filesOf = ({ name, poster }: Artifact): string[] =>
	poster === undefined ? [name] : [name, poster.name];

export interface VideoError {
	code: EngineErrorCode;
	message: string;
	field?: string;
	remedy?: string;
}

/** A job as it is stored. */
export interface VideoRow {
	id: string;
	/** Counts up from 1; the id in dialects whose ids are numbers. */
	number: number;
	/** Which key created it; `local` where no key is needed. */
	owner: string;
	dialect: string;
	status: VideoStatus;
	queue: string;
	request: VideoRequest;
	warnings: string[];
	track_id: string | null;
	webhook_url: string | null;
	/** What a dialect needs to answer later, for example the body it was sent. */
	dialect_data: Record<string, unknown>;
	idempotency_key: string | null;
	request_hash: string;
	priority: number;
	/** Place in the order in which jobs are taken. */
	fair_order: number;
	work: number;
	stage: string | null;
	step: number | null;
	steps: number | null;
	/** 0 … 100. */
	progress: number;
	attempts: number;
	/** The lease of the attempt that runs it. */
	claim: string | null;
	/** Host and id of the worker that ran it last. */
	runner: string | null;
	/** What the engine of the last attempt remembers of it. */
	engine_memory: { engine: string; memory: EngineMemory } | null;
	artifact: Artifact | null;
	settings: Record<string, unknown> | null;
	timings: Record<string, number> | null;
	error: VideoError | null;
	created_at: Date;
	started_at: Date | null;
	finished_at: Date | null;
	updated_at: Date;
	expires_at: Date | null;
	run_ms: number | null;
}

export const isOpen = (status: VideoStatus): boolean => status === 'queued' || status === 'running';

/** PostgreSQL's 64-bit numbers arrive as text from one driver and as numbers from the other. */
export function toVideo(row: Record<string, unknown>): VideoRow {
	return {
		...row,
		number: Number(row.number),
		work: Number(row.work),
		fair_order: Number(row.fair_order),
	} as VideoRow;
}
