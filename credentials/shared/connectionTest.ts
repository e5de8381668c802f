/** The question that "Save" in n8n's credential dialog asks. It costs nothing and needs a valid key. */
import type { IAuthenticateRuleResponseSuccessBody, ICredentialTestRequest } from 'n8n-workflow';

type TestRequest = ICredentialTestRequest['request'];
type Rule = IAuthenticateRuleResponseSuccessBody;

/** The base URL as a person wrote it, and certificates as the credential has it. */
export const testRequest = (url: string, more: Partial<TestRequest> = {}): TestRequest => ({
	baseURL: '={{ $credentials.baseUrl.trim().replace(/\\/+$/, "") }}',
	skipSslCertificateValidation: '={{ $credentials.allowUnauthorizedCerts === true }}',
	url,
	...more,
});

/** Some say with HTTP 200 and `status: "error"` that the key is wrong. */
export const REFUSED_IN_BODY: Rule = successBody(
	'status',
	'error',
	'The provider refused the API key',
);

/** A login page, or another service, may answer with HTTP 200 too. The first character of a page is "<". */
export const NO_WEB_PAGE: Rule = successBody(
	'0',
	'<',
	'A web page answered instead of the provider. Check Base URL.',
);

/** @param member that every right answer has */
export const answersWith = (member: string): Rule =>
	successBody(member, undefined, 'Something else than the provider answered. Check Base URL.');

function successBody(key: string, value: unknown, message: string): Rule {
	return { type: 'responseSuccessBody', properties: { key, value, message } };
}
