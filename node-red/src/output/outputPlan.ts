/** The editor's choice of what becomes of the video, made definite before anything is submitted. */
import path from 'node:path';
import type { NodeAPI } from 'node-red';
import { maxBytesOf, type OutputMode, type OutputPlan } from './video';
import { refused } from '../messages/errors';
import { evaluate, type Source } from '../input/values';

/** These properties are the same in every node that can give a video. */
export interface OutputDef {
	output?: OutputMode;
	/** Typed input. */
	filename?: string;
	filenameType?: string;
	/** MiB; blank for the usual. */
	maximumSize?: string | number;
}

/** @throws JobError where a file is wanted and has no name */
export async function planOutput(source: Source, def: OutputDef): Promise<OutputPlan> {
	const mode = def.output ?? 'job';
	const mib = Number(def.maximumSize);
	const maxBytes = maxBytesOf(mode, Number.isFinite(mib) && mib > 0 ? mib : undefined);
	if (mode !== 'file') return { mode, maxBytes };
	const { t, RED } = source;
	const type = def.filenameType ?? 'msg';
	const value = def.filename ?? 'filename';
	const title = t('label.filename');
	const name =
		type === 'str' ? value : await evaluate(source, { name: 'filename', title }, type, value);
	if (typeof name !== 'string' || name.trim() === '') {
		throw refused(t('error.no-filename'), t('advice.no-filename'));
	}
	return { mode, maxBytes, filename: absolute(RED, name.trim()) };
}

/**
 * Relative names lie where the settings put the files of Node-RED's own nodes; where they do not, beside the flows, for
 * the folder that Node-RED was started in is anywhere. The slash that marks a folder is kept.
 */
function absolute(RED: NodeAPI, name: string): string {
	const settings = RED.settings as unknown as { fileWorkingDirectory?: string; userDir?: string };
	const base = settings.fileWorkingDirectory ?? settings.userDir ?? process.cwd();
	const resolved = path.resolve(base, name);
	return /[\\/]$/.test(name) ? `${resolved}${path.sep}` : resolved;
}
