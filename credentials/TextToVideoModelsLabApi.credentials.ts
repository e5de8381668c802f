import type { Icon, ICredentialTestRequest, ICredentialType } from 'n8n-workflow';
import { modelslabV7 } from '../providers/modelslab';
import { accountProperties } from './shared/account';
import { authenticateBy } from './shared/authenticate';
import { NO_WEB_PAGE, REFUSED_IN_BODY, testRequest } from './shared/connectionTest';

export class TextToVideoModelsLabApi implements ICredentialType {
	name = 'textToVideoModelsLabApi';

	displayName = 'Text to Video: ModelsLab API';

	documentationUrl = 'https://docs.modelslab.com';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties = accountProperties(modelslabV7);

	authenticate = authenticateBy(modelslabV7);

	/** Lists the public models, which costs nothing. A wrong key may be answered with HTTP 200 and `status: "error"`. */
	test: ICredentialTestRequest = {
		request: testRequest('/api/v4/dreambooth/model_list', { method: 'POST' }),
		rules: [REFUSED_IN_BODY, NO_WEB_PAGE],
	};
}
