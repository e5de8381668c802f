/** What the nodes' definitions in `nodes/*.html` call, under the one global name `TextToVideo`. */
export { accountForm, isProvider, isWebAddress } from './account';
export { validateFields } from './fields';
export { word } from './i18n';
export { openResult, openTextToVideo, openWebhook, saveTextToVideo, saveWebhook } from './nodes';
export { isAmount, validateFilename } from './output';
export { providerOf } from './providers';
