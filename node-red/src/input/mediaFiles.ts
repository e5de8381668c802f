/** Pictures, sounds and videos that a message brings along: as a Buffer, or by the name of a file. Sent as data URLs. */
import { readFile, stat } from 'node:fs/promises';
import { describeSystemErrors } from '../../../jobs/systemErrors';
import type { Field } from '../../../providers/schema/fields';
import { isAddressOrFile } from '../../../providers/schema/media';
import { dataUrlOf, mapMedia } from '../../../providers/schema/mediaValues';
import { pictureFacts } from '../../../providers/schema/pictures';
import { JobError, refused, shown } from '../messages/errors';
import { filePath } from '../runtime/filePath';
import { nameOf, type Source } from './evaluate';

/** More is taken nowhere, and lies in memory twice. */
const MAX_BYTES = 64 * 1024 ** 2;

/**
 * What a file is told by its bytes and not by its name: a message that comes from outside may name any file of the
 * machine, and only what is a picture, a sound or a video is ever sent.
 *
 * @throws JobError where a file can not be read
 */
export async function withMediaFiles(
	source: Source,
	fields: Field[],
	values: Record<string, unknown>,
): Promise<Record<string, unknown>> {
	const all = { ...values };
	for (const field of fields.filter(({ name }) => all[name] !== undefined)) {
		const own = { [field.name]: all[field.name] };
		const files = new Map<string, Buffer>();
		for (const name of namesIn(field, own)) files.set(name, await read(source, field, name));
		const sent = mapMedia([field], own, (value) => {
			const bytes = typeof value === 'string' ? files.get(value.trim()) : value;
			return Buffer.isBuffer(bytes) ? dataUrlOf(mediaType(bytes), bytes) : value;
		});
		all[field.name] = sent[field.name];
	}
	return all;
}

/** Texts that are the name of a file: with a folder or an extension, for a provider may know things by a bare name. */
function namesIn(field: Field, values: Record<string, unknown>): Set<string> {
	const names = new Set<string>();
	mapMedia([field], values, (value) => {
		const name = typeof value === 'string' ? value.trim() : '';
		if (!isAddressOrFile(name) && /[\\/]|\.\w{2,5}$/.test(name) && !/^\w+:\/\//.test(name)) {
			names.add(name);
		}
		return value;
	});
	return names;
}

async function read(source: Source, field: Field, name: string): Promise<Buffer> {
	const file = filePath(source.RED, name);
	try {
		const facts = await stat(file);
		const { t } = source;
		if (!facts.isFile()) throw unreadable(source, field, file, t('reason.no-file'));
		if (facts.size > MAX_BYTES) throw unreadable(source, field, file, t('reason.too-large'));
		return await readFile(file);
	} catch (error) {
		if (error instanceof JobError) throw error;
		const { code = String(error) } = error as NodeJS.ErrnoException;
		throw unreadable(source, field, file, describeSystemErrors(code));
	}
}

const unreadable = ({ RED, t }: Source, field: Field, file: string, reason: string) =>
	refused(
		t('error.picture-unreadable', { field: nameOf(RED, field), file: shown(file), reason }),
		t('advice.picture-unreadable'),
	);

/** By the first bytes. */
function mediaType(bytes: Buffer): string {
	const picture = pictureFacts(bytes)?.mimeType;
	if (picture) return picture;
	const ascii = (from: number, to: number) => bytes.toString('latin1', from, to);
	if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WAVE') return 'audio/wav';
	if (ascii(0, 3) === 'ID3' || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2)) {
		return 'audio/mpeg';
	}
	if (ascii(4, 8) === 'ftyp') return ascii(8, 12) === 'qt  ' ? 'video/quicktime' : 'video/mp4';
	return 'application/octet-stream';
}
