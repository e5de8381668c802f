import type { Icon, ICredentialTestRequest, ICredentialType } from 'n8n-workflow';
import { stableDiffusionV5 } from '../providers/stableDiffusionApi';
import { accountProperties } from './shared/account';
import { authenticateBy } from './shared/authenticate';
import { NO_WEB_PAGE, REFUSED_IN_BODY, testRequest } from './shared/connectionTest';

export class TextToVideoStableDiffusionApi implements ICredentialType {
	name = 'textToVideoStableDiffusionApi';

	displayName = 'Text to Video: Stable Diffusion API';

	documentationUrl = 'https://stablediffusionapi.com/docs/';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties = accountProperties(stableDiffusionV5, {
		baseUrlDescription:
			'Change it to https://modelslab.com if your account has moved there, or to another server that speaks the same API, such as your own GPU',
	});

	authenticate = authenticateBy(stableDiffusionV5);

	/** Lists the public models, which costs nothing. A wrong key is answered with HTTP 200 and `status: "error"`. */
	test: ICredentialTestRequest = {
		request: testRequest('/api/v4/dreambooth/model_list', { method: 'POST' }),
		rules: [REFUSED_IN_BODY, NO_WEB_PAGE],
	};
}
