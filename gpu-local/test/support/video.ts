import { ALL_FORMATS, BufferSource, Input } from 'mediabunny';

/** Facts of an MP4 file, from a library that did not write it. */
export async function inspect(file: ArrayBuffer) {
	const input = new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
	const track = (await input.getPrimaryVideoTrack())!;
	const { packetCount, averagePacketRate } = await track.computePacketStats();
	return {
		codec: track.codec,
		width: track.displayWidth,
		height: track.displayHeight,
		frames: packetCount,
		fps: Math.round(averagePacketRate * 1000) / 1000,
		seconds: Math.round((await input.computeDuration()) * 1000) / 1000,
	};
}
