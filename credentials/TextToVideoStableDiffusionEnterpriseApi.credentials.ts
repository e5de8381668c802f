import type { Icon, ICredentialTestRequest, ICredentialType } from 'n8n-workflow';
import { stableDiffusionEnterprise } from '../providers/stableDiffusionApi';
import { accountProperties } from './shared/account';
import { authenticateBy } from './shared/authenticate';
import { NO_WEB_PAGE, REFUSED_IN_BODY, testRequest } from './shared/connectionTest';

export class TextToVideoStableDiffusionEnterpriseApi implements ICredentialType {
	name = 'textToVideoStableDiffusionEnterpriseApi';

	displayName = 'Text to Video: Stable Diffusion Enterprise API';

	documentationUrl = 'https://stablediffusionapi.com/docs/enterprise-plan/overview';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties = accountProperties(stableDiffusionEnterprise, {
		apiKeyDescription:
			'The key of your enterprise server. For load balancing, the key of the first one.',
	});

	authenticate = authenticateBy(stableDiffusionEnterprise);

	/** Lists the schedulers, which costs nothing. A wrong key is answered with HTTP 200 and `status: "error"`. */
	test: ICredentialTestRequest = {
		request: testRequest('/api/v1/enterprise/schedulers_list', { method: 'POST' }),
		rules: [REFUSED_IN_BODY, NO_WEB_PAGE],
	};
}
