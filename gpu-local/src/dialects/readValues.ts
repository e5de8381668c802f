import type { Provider, RequestValues } from '../../../providers/contract';
import { issueText, shown, validate } from '../../../providers/schema/validate';
import type { Issue } from '../../../providers/schema/validate';
import { fieldsOf } from '../../../providers/schema/fields';
import { getPath, isObject, readRequest, wirePath } from '../../../providers/schema/wire';
import { ApiError } from '../videos/errors.ts';

/** The server checks callback addresses itself, so a local one is no mistake here. */
const OWN_ADDRESS = 'http://127.0.0.1';

/** With an item of a workflow a file has a name; with a request it is a part of its form. */
const FILE_WORDS = 'a file in a multipart form';

/** A request that the provider's own document forbids; `issues` name every field. */
export class InvalidFieldsError extends ApiError {
	constructor(readonly issues: Issue[]) {
		super(400, 'invalid_request', issueText(issues), issues[0] ? { field: issues[0].field } : {});
	}
}

/** A body in a provider's dialect as field values, held against the provider's documented ranges. */
export function readValues(provider: Provider, body: unknown): RequestValues {
	if (!isObject(body)) {
		throw new ApiError(400, 'invalid_request', 'The request body is not a JSON object.');
	}
	refuseUnusedMedia(provider, body);
	refuseOtherThanObjects(provider, body);
	const validation = validate(provider, readRequest(provider, body), OWN_ADDRESS, FILE_WORDS);
	if (validation.values === undefined) throw new InvalidFieldsError(validation.issues);
	return validation.values;
}

/** What stands where the document has an object with fields in it: they would be lost without a word. */
function refuseOtherThanObjects(provider: Provider, body: unknown): void {
	for (const field of fieldsOf(provider.request)) {
		const keys = wirePath(field).split('.');
		for (let depth = 1; depth < keys.length; depth++) {
			const path = keys.slice(0, depth).join('.');
			const value = getPath(body, path) ?? null;
			if (value === null || isObject(value)) continue;
			throw new ApiError(
				400,
				'invalid_request',
				`${path} is ${shown(value)}, which is not allowed. Give an object.`,
				{ field: path },
			);
		}
	}
}

/** Pictures, videos and sounds of other endpoints and servers: a video without them would be another one. */
const MEDIA_FIELDS = [
	'init_image',
	'init_images',
	'init_video',
	'image',
	'images',
	'image_url',
	'image_base64',
	'image_file',
	'control_image',
	'end_image',
	'last_image',
	'input_reference',
	'video',
	'video_url',
	'video_reference',
	'audio_reference',
];

function refuseUnusedMedia(provider: Provider, body: object): void {
	const given = body as Record<string, unknown>;
	const known = new Set(fieldsOf(provider.request).map((field) => wirePath(field).split('.')[0]));
	const field = MEDIA_FIELDS.find(
		(name) => !known.has(name) && given[name] != null && given[name] !== '',
	);
	if (field === undefined) return;
	throw new ApiError(
		400,
		'unsupported_field',
		`The field ${field} has no use here. A picture that the video begins with goes to POST /v1/videos as input_reference.`,
		{ field },
	);
}
