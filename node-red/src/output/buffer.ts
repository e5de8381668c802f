/** The video in memory: only where it fits, which is said before it is downloaded where its size is known. */
import { constants } from 'node:buffer';
import { freemem } from 'node:os';
import { DownloadError, type VideoFile } from '../../../jobs/download';
import type { Job } from '../../../providers/contract';

const MIB = 1024 ** 2;
/** The rest of Node-RED needs memory too. */
const SHARE = 0.8;
/** How much arrives between two looks at the memory, where the size was not announced. */
const LOOK_EVERY_BYTES = 8 * MIB;

/** What this process may still take, by the limits of its container too. */
const availableBytes = (): number => process.availableMemory?.() ?? freemem();

/** @throws DownloadError where it does not fit */
export async function toBuffer(
	{ stream, sizeBytes }: VideoFile,
	job: Job,
	available: () => number = availableBytes,
): Promise<Buffer> {
	const check = (bytes: number) => {
		const room = Math.min(available() * SHARE, constants.MAX_LENGTH);
		if (bytes > room) throw doesNotFit(job, bytes, room);
	};
	if (sizeBytes !== undefined) check(sizeBytes);
	const chunks: Uint8Array[] = [];
	let size = 0;
	let looked = 0;
	// One piece as large as the video, not its parts and then the whole.
	const whole = sizeBytes === undefined ? undefined : Buffer.allocUnsafe(sizeBytes);
	for await (const chunk of stream) {
		if (whole && size + chunk.byteLength <= whole.byteLength) whole.set(chunk, size);
		else chunks.push(chunk);
		size += chunk.byteLength;
		if (!whole && size - looked >= LOOK_EVERY_BYTES) {
			looked = size;
			// The parts are in memory already; the whole has yet to find room.
			check(size);
		}
	}
	if (!whole) return Buffer.concat(chunks);
	// More than was announced may come, or less.
	const begun = whole.subarray(0, size - sum(chunks));
	return chunks.length === 0 ? begun : Buffer.concat([begun, ...chunks]);
}

const sum = (chunks: Uint8Array[]): number =>
	chunks.reduce((bytes, { byteLength }) => bytes + byteLength, 0);

const doesNotFit = (job: Job, bytes: number, room: number): DownloadError =>
	new DownloadError(
		`The video of job ${job.jobId} has at least ${Math.ceil(bytes / MIB)} MiB and does not fit into memory, where ${Math.floor(room / MIB)} MiB are free for it.`,
		'Choose a file instead of a Buffer in the node, then fetch the job again with its id.',
	);
