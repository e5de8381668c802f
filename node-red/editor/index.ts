/** What the nodes' definitions in `nodes/*.html` call, under the one global name `TextToVideo`. */
export { accountForm, isWebAddress } from './account';
export { validateCallback, validateProvider, validateWebhookAccount } from './accountState';
export { validateFields } from './fields';
export { word } from './i18n';
export { labelOf } from './labels';
export { openResult, openTextToVideo, openWebhook, saveTextToVideo, saveWebhook } from './nodes';
export {
	isAmount,
	validateFilename,
	validateMinutes,
	validateMoney,
	validateOutput,
} from './output';
export { providerOf } from './providers';

import { watchAccounts } from './accountState';

watchAccounts();
