/** AI/ML API `POST /v2/video/generations` with any of its text-to-video models (the document: AI/ML API reference, "Video models"). */
import { z } from 'zod/v4';
import { aimlapiCatalogue, definitionOf, findModel, isForPrompts } from '../catalogue';
import type { ModelChoice, ModelSearch, Provider, RequestValues } from '../contract';
import { nonEmptyString } from '../replies/coerce';
import { orReplacement } from '../replies/retiredModel';
import { extraParameterIssues, extraParameters } from '../schema/extraParameters';
import { fieldMeta } from '../schema/fields';
import { isObject } from '../schema/wire';
import { balance, submitLog } from './account';
import { pricingWith } from './prices';
import { readFailure, readFetch, readSubmit } from './replies';
import { runTimes } from './runTimes';
import { clientRequestId } from './request';

const ID = 'aimlapi';
const PATH = '/v2/video/generations';

const request = z.strictObject({
	model: z.string().min(1).max(256).register(fieldMeta, {
		title: 'Model',
		help: 'A text-to-video model of the account. The fields below are those of the model.',
		placeholder: 'e.g. bytedance/seedance-2-0',
		search: 'model',
		initial: 'veo-3.1-lite-generate-001',
	}),
	prompt: z.string().min(1).register(fieldMeta, {
		title: 'Prompt',
		help: 'What the video should show.',
		multiline: true,
		placeholder: 'e.g. A dragon appears above the tallest mountain and rushes at the camera',
	}),
	client_request_id: clientRequestId(),
	extra_parameters: extraParameters(),
});

/** `GET /v1/models`: no key needed; whatever is not in the catalogue came later. */
const models: ModelSearch = {
	isPublic: true,
	call: () => ({
		method: 'GET',
		url: '/v1/models',
		query: { output_modalities: 'video', include: 'all' },
	}),
	read(reply) {
		const data = isObject(reply.body) ? reply.body.data : undefined;
		if (reply.status >= 300 || !Array.isArray(data)) return { failure: readFailure(reply) };
		return { models: data.flatMap(newModel) };
	},
};

/** A model that the catalogue does not know, under none of its names. */
function newModel(entry: unknown): ModelChoice[] {
	if (!isObject(entry)) return [];
	const id = nonEmptyString(entry.id);
	const aliases = Array.isArray(entry.aliases) ? entry.aliases : [];
	if (!id || !isForPrompts(entry.type, id, ...aliases)) return [];
	if ([id, ...aliases].some((name) => findModel(aimlapiCatalogue, name))) return [];
	const info = isObject(entry.info) ? entry.info : {};
	const developer = nonEmptyString(info.developer);
	const name = nonEmptyString(info.name) ?? id;
	const url = nonEmptyString(info.docsUrl);
	return [
		{
			value: id,
			label: developer ? `${developer} › ${name}` : name,
			description: 'New: its fields go into Extra Parameters.',
			...(url ? { url } : {}),
		},
	];
}

export const aimlapiAnyModel: Provider = {
	id: ID,
	title: 'AI/ML API: any model',
	description: 'Seedance, Veo, Kling, Wan, Hailuo, FLUX, LTX, Luma, PixVerse and more with one key',
	documentationUrl: 'https://docs.aimlapi.com/api-references/video-models',
	credential: 'textToVideoAimlApi',
	account: {
		title: 'AI/ML API',
		defaultBaseUrl: 'https://api.aimlapi.com',
		authentication: { kind: 'bearer' },
		keyHosts: ['api.aimlapi.com'],
		cloud: true,
	},
	request,
	models: { field: 'model', catalogue: aimlapiCatalogue },
	limits: { parallelJobs: 4, typicalSeconds: 120 },
	capabilities: {
		cancel: false,
		progress: false,
		trackingField: 'client_request_id',
		cost: ['usd', 'credits'],
		requestIdHeader: 'X-Client-Request-Id',
	},
	submitCall: { method: 'POST', url: PATH },
	rules: extraParameterIssues,
	readSubmit: (reply, values, context) => {
		const reading = readSubmit(ID, reply, values, context, undefined);
		return reading.job
			? reading
			: { failure: orReplacement(reading.failure, aimlapiCatalogue, values.model) };
	},
	fetchCall: (job) => ({
		method: 'GET',
		url: PATH,
		// Ids of the older kind hold ":" and "/"; the host encodes the query.
		query: { generation_id: job.jobId },
	}),
	readFetch,
	pricing: pricingWith(defaultsOf),
	runTimes,
	balance,
	submitLog,
	modelSearch: { model: models },
};

/** What the model takes where a field is left out. */
function defaultsOf(model: string): RequestValues {
	const entry = findModel(aimlapiCatalogue, model);
	const defaults = (entry?.fields ?? [])
		.map(definitionOf)
		.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value] as const]));
	return Object.fromEntries(defaults);
}
