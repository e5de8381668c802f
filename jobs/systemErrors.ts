/**
 * System errors in words. Most people do not know the codes, and n8n replaces any message that bears one of them by a
 * sentence of its own: the job's id would be gone, and the advice would be to try again at once.
 */
const WORDS: Record<string, string> = {
	EACCES: 'access denied',
	EADDRNOTAVAIL: 'address not available',
	EAI_AGAIN: 'the name could not be looked up',
	EAI_FAIL: 'the name could not be looked up',
	ECONNABORTED: 'connection ended',
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'connection cut',
	EEXIST: 'it exists already',
	EHOSTUNREACH: 'host not reachable',
	EISDIR: 'it is a folder',
	ENETUNREACH: 'network not reachable',
	ENOENT: 'it does not exist',
	ENOTDIR: 'it is not a folder',
	ENOTFOUND: 'no such host',
	EPERM: 'not permitted',
	EPIPE: 'connection cut',
	ERRADDRINUSE: 'address in use',
	ETIMEDOUT: 'no answer in time',
	GETADDRINFO: 'the name could not be looked up',
};

const codes = Object.keys(WORDS).join('|');
/** With the system call that Node names before the code. */
const CODE = new RegExp(
	`\\b(?:(?:connect|read|write|getaddrinfo|open|mkdir|rename|unlink) )?(${codes})\\b( )?`,
	'gi',
);

/** `read ECONNRESET` → `connection cut`, `getaddrinfo ENOTFOUND nowhere` → `no such host: nowhere`. */
export const describeSystemErrors = (text: string): string =>
	text.replace(CODE, (_all, code: string, more?: string) => {
		const words = WORDS[code.toUpperCase()] ?? code;
		return more ? `${words}: ` : words;
	});
