import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ArtifactStore, ByteRange } from '../artifacts/store.ts';
import { ApiError, notFound } from '../videos/errors.ts';
import type { Artifact } from '../store/video.ts';

/** Answers with a finished file, or with the part of it that was asked for. */
export async function sendFile(
	request: FastifyRequest,
	reply: FastifyReply,
	store: ArtifactStore,
	artifact: Artifact,
	fileName: string,
): Promise<FastifyReply> {
	const etag = `"${artifact.sha256.slice(0, 32)}"`;
	reply.headers({
		'accept-ranges': 'bytes',
		'cache-control': 'private, max-age=3600',
		'content-disposition': `inline; filename="${fileName}"`,
		'content-type': artifact.mimeType,
		'x-content-type-options': 'nosniff',
		etag,
	});
	if (request.headers['if-none-match'] === etag) return reply.code(304).send();
	const ifRange = request.headers['if-range'];
	const range =
		ifRange === undefined || ifRange === etag
			? parseRange(request.headers.range, artifact.bytes)
			: undefined;
	if (range === 'unsatisfiable') {
		reply.header('content-range', `bytes */${artifact.bytes}`);
		throw new ApiError(
			416,
			'range',
			`The video has ${artifact.bytes} bytes; the part that was asked for lies behind its end.`,
		);
	}
	const stream = await store.open(artifact.name, range);
	if (!stream) throw notFound('file of this video any more');
	// Who asks only for the headers is not to have the whole file read behind them.
	if (request.method === 'HEAD') stream.destroy();
	if (range) {
		reply.code(206);
		reply.header('content-range', `bytes ${range.start}-${range.end}/${artifact.bytes}`);
	}
	reply.header('content-length', range ? range.end - range.start + 1 : artifact.bytes);
	return reply.send(stream);
}

/** One range of `bytes=`; several at once are answered with the whole file, as RFC 9110 allows. */
function parseRange(
	header: string | undefined,
	bytes: number,
): ByteRange | 'unsatisfiable' | undefined {
	const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
	if (!match || (match[1] === '' && match[2] === '')) return undefined;
	if (match[1] === '') {
		const last = Math.min(Number(match[2]), bytes);
		return last === 0 ? 'unsatisfiable' : { start: bytes - last, end: bytes - 1 };
	}
	const start = Number(match[1]);
	const end = match[2] === '' ? bytes - 1 : Math.min(Number(match[2]), bytes - 1);
	if (match[2] !== '' && Number(match[2]) < start) return undefined;
	return start >= bytes ? 'unsatisfiable' : { start, end };
}
