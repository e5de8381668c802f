import type { FastifyRequest } from 'fastify';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { VideoService } from '../videos/service.ts';
import type { Stills } from '../videos/stills.ts';
import type { Estimator } from '../videos/estimate.ts';
import type { Database } from '../db/database.ts';
import type { VideoRow } from '../store/video.ts';
import type { FailedLogins } from './failedLogins.ts';
import type { KeyRing } from './keys.ts';

/** What routes need of the server. */
export interface HttpContext {
	service: VideoService;
	database: Database;
	artifacts: ArtifactStore;
	stills: Stills;
	estimator: Estimator;
	keys: KeyRing;
	failedLogins: FailedLogins;
	/** Opens the calls for operators; they find it in the data folder. */
	admin: { token: string; dataFolder: string };
	/** Signs links to files. */
	urlSecret: string;
	publicUrl: string | undefined;
	/** Room for all videos together. */
	quotaBytes: number;
	version: string;
}

/** The address under which the caller reaches this server; its Host header has been checked. */
export function baseUrlOf(context: HttpContext, request: FastifyRequest): string {
	return context.publicUrl ?? `${request.protocol}://${request.host}`;
}

export async function estimate(context: HttpContext, video: VideoRow): Promise<number | undefined> {
	return await context.estimator.etaSeconds(video, await context.service.workers(), Date.now());
}
