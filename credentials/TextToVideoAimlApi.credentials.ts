import type { Icon, ICredentialTestRequest, ICredentialType } from 'n8n-workflow';
import { aimlapiPixverse } from '../providers/aimlapi';
import { accountProperties } from './shared/account';
import { authenticateBy } from './shared/authenticate';
import { answersWith, testRequest } from './shared/connectionTest';

export class TextToVideoAimlApi implements ICredentialType {
	name = 'textToVideoAimlApi';

	displayName = 'Text to Video: AI/ML API';

	documentationUrl = 'https://docs.aimlapi.com/quickstart/setting-up';

	icon: Icon = { light: 'file:icons/text-to-video.svg', dark: 'file:icons/text-to-video.dark.svg' };

	properties = accountProperties(aimlapiPixverse);

	authenticate = authenticateBy(aimlapiPixverse);

	/** Reads the balance, which costs nothing and needs a valid key. */
	test: ICredentialTestRequest = {
		request: testRequest('/v2/billing'),
		rules: [answersWith('current_balance')],
	};
}
