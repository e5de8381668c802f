/** The editor's choice of what becomes of the video, made definite before anything is submitted. */
import { evaluate, type Source } from '../input/evaluate';
import { refused, shown } from '../messages/errors';
import { filePath } from '../runtime/filePath';
import { checkTarget } from './target';

export type OutputMode = 'job' | 'file' | 'buffer' | 'stream';

/** Decided before anything is submitted. Plain JSON, kept beside a pending job. */
export interface OutputPlan {
	mode: OutputMode;
	/** Absolute path, for `file`. A folder where it ends with a slash or is one; the file is then named by the job. */
	filename?: string;
	maxBytes: number;
}

/** These properties are the same in every node that can give a video. */
export interface OutputDef {
	output?: OutputMode;
	/** Typed input. */
	filename?: string;
	filenameType?: string;
	/** MiB; blank for the usual. */
	maximumSize?: string | number;
}

const MIB = 1024 ** 2;
/** A Buffer lies in memory, once for each node that the message is sent to. */
const DEFAULT_BUFFER_MIB = 64;
const DEFAULT_FILE_MIB = 2048;

/** @throws JobError where a file is wanted and has no name, or one that no file can have */
export async function planOutput(source: Source, def: OutputDef): Promise<OutputPlan> {
	const mode = def.output ?? 'job';
	const mib = Number(def.maximumSize);
	const usual = mode === 'buffer' ? DEFAULT_BUFFER_MIB : DEFAULT_FILE_MIB;
	const maxBytes = (Number.isFinite(mib) && mib > 0 ? mib : usual) * MIB;
	if (mode !== 'file') return { mode, maxBytes };
	const { t, RED } = source;
	const type = def.filenameType ?? 'msg';
	const value = def.filename ?? 'filename';
	const title = t('label.filename');
	const name =
		type === 'str' ? value : await evaluate(source, { name: 'filename', title }, type, value);
	if (name === undefined || name === null || (typeof name === 'string' && name.trim() === '')) {
		throw refused(t('error.no-filename'), t('advice.no-filename'));
	}
	if (typeof name !== 'string') {
		const values = { value: shown(name), kind: Array.isArray(name) ? 'array' : typeof name };
		throw refused(t('error.filename-not-text', values), t('advice.no-filename'));
	}
	const filename = filePath(RED, name.trim());
	const fault = await checkTarget(filename);
	if (fault) {
		const reason = t(`reason.${fault.reason}`, { folder: fault.folder ?? '' });
		throw refused(t('error.bad-filename', { file: shown(name), reason }), t('advice.bad-filename'));
	}
	return { mode, maxBytes, filename };
}
