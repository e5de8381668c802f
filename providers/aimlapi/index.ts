import type { Provider, RequestValues, RuleIssue } from '../contract';
import { extraParameterIssues } from '../schema/extraParameters';
import { absoluteUrl, mayCarryKey } from '../hosts';
import { PIXVERSE_V5, request } from './request';
import { fieldsOf } from '../schema/fields';
import { balance, submitLog } from './account';
import { pricingWith } from './prices';
import { readFetch, readSubmit } from './replies';
import { runTimes } from './runTimes';

const ID = 'aimlapiPixverse';
const PATH = '/v2/video/generations';
const LEGACY_PATH = '/v2/generate/video/pixverse/generation';
const KEY_HOSTS = ['api.aimlapi.com'];

function rules(values: RequestValues): RuleIssue[] {
	const issues = extraParameterIssues(values);
	if (values.model === PIXVERSE_V5 && values.resolution === '1080p' && values.duration === 8) {
		issues.push({
			field: 'duration',
			value: 8,
			allowed: 'PixVerse v5 makes 1080p videos of 5 seconds only, choose 5 seconds or 720p',
		});
	}
	if (values.legacy_path === true && values.model !== PIXVERSE_V5) {
		issues.push({
			field: 'legacy_path',
			value: true,
			allowed: `the legacy path knows the model ${PIXVERSE_V5} only`,
		});
	}
	return issues;
}

const isLegacy = (values: RequestValues): boolean => values.legacy_path === true;

export const aimlapiPixverse: Provider = {
	id: ID,
	title: 'AI/ML API PixVerse',
	description: 'PixVerse v5 up to 1080p with styles and lip sync, and other models by name',
	documentationUrl:
		'https://docs.aimlapi.com/api-references/video-models/pixverse/v5-text-to-video',
	credential: 'textToVideoAimlApi',
	account: {
		title: 'AI/ML API',
		defaultBaseUrl: 'https://api.aimlapi.com',
		authentication: { kind: 'bearer' },
		keyHosts: KEY_HOSTS,
		cloud: true,
	},
	request,
	limits: { parallelJobs: 4, typicalSeconds: 60 },
	capabilities: {
		cancel: false,
		progress: false,
		trackingField: 'client_request_id',
		cost: ['usd', 'credits'],
		requestIdHeader: 'X-Client-Request-Id',
	},
	submitCall: { method: 'POST', url: (values) => (isLegacy(values) ? LEGACY_PATH : PATH) },
	rules,
	// A job of the legacy path is asked for there: the job carries the address along.
	readSubmit: (reply, values, context) =>
		readSubmit(
			ID,
			reply,
			values,
			context,
			isLegacy(values) ? absoluteUrl(LEGACY_PATH, context.baseUrl) : undefined,
		),
	fetchCall: (job, { baseUrl }) => ({
		method: 'GET',
		url: job.fetchUrl && mayCarryKey(job.fetchUrl, baseUrl, KEY_HOSTS) ? job.fetchUrl : PATH,
		// Ids of the older kind hold ":" and "/"; the host encodes the query.
		query: { generation_id: job.jobId },
	}),
	readFetch,
	pricing: pricingWith((model) => (model === PIXVERSE_V5 ? DEFAULTS : {})),
	runTimes,
	balance,
	submitLog,
};

/** What PixVerse v5 takes where a field is left out. */
const DEFAULTS: RequestValues = Object.fromEntries(
	fieldsOf(request).flatMap(({ name, default: value }) =>
		value === undefined ? [] : [[name, value]],
	),
);
