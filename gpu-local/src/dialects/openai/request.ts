import { fieldsOf } from '../../../../providers/schema/fields';
import { localGpu } from '../../../../providers/localGpu';
import { isObject, wirePath } from '../../../../providers/schema/wire';
import type { RequestValues } from '../../../../providers/contract';
import { ApiError } from '../../videos/errors.ts';
import { readValues } from '../readValues.ts';

export interface ReadCreateVideo {
	values: RequestValues;
	priority: number;
	warnings: string[];
}

const MAX_PRIORITY = 10;

/** Members that other servers of this dialect know and that change nothing here. */
const HARMLESS = new Set(['user', 'metadata', 'quality', 'response_format', 'store']);

/**
 * A body of `POST /v1/videos`, JSON or form, as field values. Takes the spellings of OpenAI, SGLang and
 * vLLM-Omni: `extra_body`, `width` and `height`, forms whose values are all text.
 */
export function readCreateVideo(raw: unknown): ReadCreateVideo {
	if (!isObject(raw)) throw invalid('The request body is not a JSON object.');
	const { extra_body: extra, ...own } = raw;
	const body: Record<string, unknown> = { ...own, ...(isObject(extra) ? extra : {}) };
	unifySpelling(body);
	body.input_reference = readPictureField(body);
	const known = fieldsOf(localGpu.request);
	const values = readValues(localGpu, body);
	const roots = new Set(known.map((field) => wirePath(field).split('.')[0]));
	const unknown = Object.keys(body).filter(
		(name) => !roots.has(name) && !HARMLESS.has(name) && name !== 'priority' && body[name] != null,
	);
	const priority = readPriority(body.priority);
	if (unknown.length === 0) return { values: values, priority, warnings: [] };
	const message = `Not known here and not used: ${unknown.join(', ')}.`;
	if (values.strict === true) {
		throw new ApiError(400, 'unsupported_field', message, { field: unknown[0]! });
	}
	return { values: values, priority, warnings: [message] };
}

function unifySpelling(body: Record<string, unknown>): void {
	const { width, height, webhook, webhook_url: webhookUrl, prompts, n } = body;
	if (body.size == null && width != null && height != null) body.size = `${width}x${height}`;
	delete body.width;
	delete body.height;
	if (typeof webhook === 'string') body.webhook = parseOr(webhook, { url: webhook });
	else if (webhook == null && webhookUrl != null) body.webhook = { url: webhookUrl };
	delete body.webhook_url;
	const parts = typeof prompts === 'string' ? parseOr(prompts, prompts) : prompts;
	if (body.prompt == null && Array.isArray(parts) && isObject(parts[0])) {
		body.prompt = parts[0].prompt;
	}
	if (n != null && Number(n) !== 1) {
		throw invalid('n must be 1: one job makes one video. Create several jobs instead.', 'n');
	}
	delete body.n;
}

/** Other servers' names for the picture that a video begins with, and for its address. */
const PICTURE_NAMES = ['input_reference', 'image_reference', 'reference_url'];
/** As OpenAI has it: `{ image_url }`. Also read are a bare address or data URL, and these in a form as JSON. */
function readPictureField(body: Record<string, unknown>): unknown {
	const given = PICTURE_NAMES.filter((name) => body[name] != null && body[name] !== '');
	if (given.length > 1) throw invalid(`Give one picture, not ${given.join(' and ')}.`, given[1]);
	const [name] = given;
	const raw = name === undefined ? undefined : body[name];
	for (const known of PICTURE_NAMES) delete body[known];
	if (raw === undefined) return undefined;
	const value = typeof raw === 'string' ? parseOr(raw, { image_url: raw }) : raw;
	if (!isObject(value)) throw invalid(PICTURE_FORMS, name);
	if (value.file_id != null) {
		throw invalid(
			`There are no uploaded files here, so file_id cannot be used. ${PICTURE_FORMS}`,
			name,
		);
	}
	const address = isObject(value.image_url) ? value.image_url.url : (value.image_url ?? value.url);
	if (typeof address !== 'string' || address === '') throw invalid(PICTURE_FORMS, name);
	return { image_url: address };
}

const PICTURE_FORMS =
	'Give input_reference as a file in a form, or as {"image_url": "…"} with a web address or a data URL.';

function parseOr(text: string, otherwise: unknown): unknown {
	if (!/^\s*[[{]/.test(text)) return otherwise;
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return otherwise;
	}
}

function readPriority(value: unknown): number {
	if (value === undefined || value === null || value === '') return 0;
	const priority = Number(value);
	if (Number.isInteger(priority) && Math.abs(priority) <= MAX_PRIORITY) return priority;
	throw invalid(
		`priority must be a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}.`,
		'priority',
	);
}

const invalid = (message: string, field?: string): ApiError =>
	new ApiError(400, 'invalid_request', message, field === undefined ? {} : { field });
