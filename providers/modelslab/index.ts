import type { Provider } from '../contract';
import { extraParameterIssues } from '../schema/extraParameters';
import {
	CALLBACK,
	fetchCall,
	KEY_HOSTS,
	readCallback,
	readFetch,
	readSubmit,
} from '../stableDiffusionApi/replies';
import { balance, queueUse, submitLog } from './account';
import { modelsOf } from './models';
import { search } from './search';
import { v6Request } from './v6';
import { v6UltraRequest } from './v6Ultra';
import { v7Request } from './v7';

/** What the three endpoints have in common; the replies are those of Stable Diffusion API, which became ModelsLab. */
const endpoint = (
	id: string,
	fetchPath: string,
): Omit<Provider, 'title' | 'description' | 'documentationUrl' | 'request' | 'submitCall'> => ({
	id,
	credential: 'textToVideoModelsLabApi',
	account: {
		title: 'ModelsLab',
		defaultBaseUrl: 'https://modelslab.com',
		authentication: { kind: 'bodyKey', property: 'key' },
		keyHosts: KEY_HOSTS,
		cloud: true,
	},
	// 5 queued requests is the documented limit of the smallest plan.
	limits: { parallelJobs: 5, typicalSeconds: 120 },
	capabilities: {
		callback: CALLBACK,
		cancel: false,
		progress: false,
		trackingField: 'track_id',
	},
	readSubmit: (reply, values, context) => readSubmit(id, reply, values, context),
	readFetch,
	fetchCall: (job, context) =>
		fetchCall(job, `${fetchPath}/${encodeURIComponent(job.jobId)}`, context),
	readCallback: (body, context) => readCallback(id, body, context),
	balance,
	queueUse,
	submitLog,
});

export const modelslabV6: Provider = {
	...endpoint('modelslabV6', '/api/v6/video/fetch'),
	title: 'ModelsLab: Text to Video (v6)',
	description: 'Older models: short clips with every setting, and enlarging',
	documentationUrl: 'https://docs.modelslab.com/video-api/texttovideo',
	request: v6Request,
	models: modelsOf('v6'),
	submitCall: { method: 'POST', url: '/api/v6/video/text2video' },
};

export const modelslabV6Ultra: Provider = {
	...endpoint('modelslabV6Ultra', '/api/v6/video/fetch'),
	title: 'ModelsLab: Text to Video Ultra (v6)',
	description: 'Longer and smoother clips with the Wan and LTX models',
	documentationUrl: 'https://docs.modelslab.com/video-api/text-to-video-ultra',
	request: v6UltraRequest,
	models: modelsOf('v6Ultra'),
	submitCall: { method: 'POST', url: '/api/v6/video/text2video_ultra' },
};

export const modelslabV7: Provider = {
	...endpoint('modelslabV7', '/api/v7/video-fusion/fetch'),
	title: 'ModelsLab: Video Fusion (v7)',
	description: 'The newest models (Veo, Kling, Seedance, Wan, Hailuo), some with sound',
	documentationUrl: 'https://docs.modelslab.com/video-api/overview',
	request: v7Request,
	models: modelsOf(),
	modelSearch: { model: search },
	submitCall: { method: 'POST', url: '/api/v7/video-fusion/text-to-video' },
	rules: extraParameterIssues,
};
