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
	const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
	if (ifMatch !== undefined && !names(ifMatch, etag, 'strong')) return reply.code(412).send();
	if (ifNoneMatch !== undefined && names(ifNoneMatch, etag, 'weak')) return reply.code(304).send();
	// A part is of a GET only, and only of the file that the caller has the rest of.
	const ifRange = request.headers['if-range'];
	const range =
		request.method === 'GET' && (ifRange === undefined || String(ifRange).trim() === etag)
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

/** Whether a list of entity tags names this one (RFC 9110, 8.8.3.2). */
function names(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
	if (header.trim() === '*') return true;
	const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? [];
	return tags.some((tag) => (comparison === 'weak' ? tag.replace(/^W\//, '') : tag) === etag);
}

/** One range of `bytes=`; several at once are answered with the whole file, as RFC 9110 allows. */
function parseRange(
	header: string | undefined,
	bytes: number,
): ByteRange | 'unsatisfiable' | undefined {
	const match = /^\s*bytes\s*=[\s,]*(\d*)-(\d*)[\s,]*$/i.exec(header ?? '');
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
