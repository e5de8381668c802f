import { stat } from 'node:fs/promises';
import { ALL_FORMATS, FilePathSource, Input } from 'mediabunny';

export interface VideoFacts {
	path: string;
	bytes: number;
	widthPixels: number;
	heightPixels: number;
	durationSeconds: number;
	frames: number;
	framesPerSecond: number;
	/** `avc` is H.264. */
	codec: string;
}

/** Reads what a video file really holds. Throws where there is no video in it. */
export async function probeVideo(path: string): Promise<VideoFacts> {
	const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
	try {
		const track = await input.getPrimaryVideoTrack();
		if (!track) throw new Error(`${path} holds no video.`);
		const packets = await track.computePacketStats();
		return {
			path,
			bytes: (await stat(path)).size,
			widthPixels: await track.getDisplayWidth(),
			heightPixels: await track.getDisplayHeight(),
			durationSeconds: await input.computeDuration(),
			frames: packets.packetCount,
			framesPerSecond: packets.averagePacketRate,
			codec: (await track.getCodec()) ?? 'unknown',
		};
	} finally {
		input.dispose();
	}
}

const CODEC_TITLES: Record<string, string> = {
	avc: 'H.264',
	hevc: 'H.265',
	vp9: 'VP9',
	av1: 'AV1',
};

/** One line for the terminal. */
export function describeVideo(facts: VideoFacts): string {
	return [
		`${facts.widthPixels} × ${facts.heightPixels} pixels`,
		`${facts.durationSeconds.toFixed(1)} seconds`,
		`${facts.frames} frames at ${Number(facts.framesPerSecond.toFixed(2))} a second`,
		CODEC_TITLES[facts.codec] ?? facts.codec,
		`${Math.max(1, Math.round(facts.bytes / 1000))} kB`,
	].join(', ');
}
