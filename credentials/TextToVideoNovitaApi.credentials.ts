import type { Icon, ICredentialTestRequest, ICredentialType } from 'n8n-workflow';
import { novita } from '../providers/novita';
import { accountProperties } from './shared/account';
import { authenticateBy } from './shared/authenticate';
import { answersWith, testRequest } from './shared/connectionTest';

export class TextToVideoNovitaApi implements ICredentialType {
	name = 'textToVideoNovitaApi';

	displayName = 'Text to Video: Novita API';

	documentationUrl = 'https://novita.ai/docs/api-reference/model-apis-txt2video';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties = accountProperties(novita);

	authenticate = authenticateBy(novita);

	/** Lists one model, which costs nothing and needs a valid key. */
	test: ICredentialTestRequest = {
		request: testRequest('/v3/model', {
			qs: { 'pagination.limit': 1, 'filter.types': 'checkpoint' },
		}),
		rules: [answersWith('models')],
	};
}
