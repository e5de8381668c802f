import type { Job, Provider } from '../contract';
import { CALLBACK, fetchCall, KEY_HOSTS, readCallback, readFetch, readSubmit } from './replies';
import { enterpriseRequest, v4Request, v5Request } from './request';

const account: Provider['account'] = {
	title: 'Stable Diffusion API',
	defaultBaseUrl: 'https://stablediffusionapi.com',
	authentication: { kind: 'bodyKey', property: 'key' },
	keyHosts: KEY_HOSTS,
	cloud: true,
};

/** 5 queued requests an account is the smallest documented limit of this provider's plans. */
const limits: Provider['limits'] = { parallelJobs: 5, typicalSeconds: 40 };

const trainedAbilities: Provider['capabilities'] = {
	callback: CALLBACK,
	cancel: false,
	progress: false,
	trackingField: 'track_id',
};

const family = (
	id: string,
): Pick<Provider, 'id' | 'account' | 'limits' | 'readSubmit' | 'readFetch'> => ({
	id,
	account,
	limits,
	readSubmit: (reply, values, context) => readSubmit(id, reply, values, context),
	readFetch,
});

const inPath = (path: string, job: Job) => `${path}/${encodeURIComponent(job.jobId)}`;

export const stableDiffusionV5: Provider = {
	...family('stableDiffusionV5'),
	title: 'Stable Diffusion API: Text to Video (v5)',
	description: 'Older endpoint: a video from a prompt, with nothing else to set than its length',
	documentationUrl: 'https://stablediffusionapi.com/docs/text-to-video/texttovideo',
	credential: 'textToVideoStableDiffusionApi',
	request: v5Request,
	capabilities: { cancel: false, progress: false },
	submitCall: { method: 'POST', url: '/api/v5/text2video' },
	// The submit is v5, but the result is asked for at v3.
	fetchCall: (job, context) => fetchCall(job, inPath('/api/v3/fetch', job), context),
};

export const stableDiffusionV4: Provider = {
	...family('stableDiffusionV4'),
	title: 'Stable Diffusion API: Train Text to Video (v4)',
	description: 'Older endpoint: a video from a prompt with a public model or one that you trained',
	documentationUrl: 'https://stablediffusionapi.com/docs/text-to-video/traintexttovideo',
	credential: 'textToVideoStableDiffusionApi',
	request: v4Request,
	capabilities: trainedAbilities,
	submitCall: { method: 'POST', url: '/api/v4/dreambooth/text2video' },
	// A job whose submit reply we saw is asked for in the form that this reply hands out (v3, id in the path); one of
	// which only the id is known, in the documented form for that (v4, `request_id`).
	fetchCall: (job, context) =>
		fetchCall(
			job,
			job.fetchUrl ? inPath('/api/v3/dreambooth/fetch', job) : '/api/v4/dreambooth/fetch',
			context,
		),
	readCallback: (body, context) => readCallback('stableDiffusionV4', body, context),
};

export const stableDiffusionEnterprise: Provider = {
	...family('stableDiffusionEnterprise'),
	title: 'Stable Diffusion API: Enterprise (v1)',
	description:
		'For an enterprise plan: the same as Train Text to Video, on servers of your own at the provider',
	documentationUrl: 'https://stablediffusionapi.com/docs/enterprise-plan/text2video',
	credential: 'textToVideoStableDiffusionEnterpriseApi',
	account: { ...account, title: 'Stable Diffusion Enterprise' },
	request: enterpriseRequest,
	capabilities: trainedAbilities,
	submitCall: { method: 'POST', url: '/api/v1/enterprise/text2video' },
	fetchCall: (job, context) => fetchCall(job, '/api/v1/enterprise/fetch', context),
	readCallback: (body, context) => readCallback('stableDiffusionEnterprise', body, context),
};
