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
	EBUSY: 'another program uses it',
	EDQUOT: 'no more room is allowed on the disk',
	EEXIST: 'it exists already',
	EHOSTUNREACH: 'host not reachable',
	EINVAL: 'not possible there',
	EIO: 'the disk failed',
	EISDIR: 'it is a folder',
	ELOOP: 'its links lead in a circle',
	EMFILE: 'too many files are open',
	ENAMETOOLONG: 'the name is too long',
	ENETUNREACH: 'network not reachable',
	ENFILE: 'too many files are open',
	ENOENT: 'it does not exist',
	ENOSPC: 'no room is left on the disk',
	ENOTDIR: 'it is not a folder',
	ENOTEMPTY: 'the folder is not empty',
	ENOTFOUND: 'no such host',
	EPERM: 'not permitted',
	EPIPE: 'connection cut',
	EROFS: 'the disk is read-only',
	ERRADDRINUSE: 'address in use',
	ETIMEDOUT: 'no answer in time',
	EXDEV: 'it lies on another disk',
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

const ON_DISK = new Set(
	'EACCES EBUSY EDQUOT EEXIST EINVAL EIO EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENOENT ENOSPC ENOTDIR ENOTEMPTY EPERM EROFS EXDEV'.split(
		' ',
	),
);
/** What a network refuses bears some of the same codes. */
const OF_THE_NETWORK = /^(accept|bind|connect|getaddrinfo|listen|query)/;

/** Why something could not be stored, in words; `undefined` where the disk is not what failed. */
export function diskProblem(error: unknown): string | undefined {
	const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
	if (typeof code !== 'string' || !ON_DISK.has(code)) return undefined;
	if (typeof syscall !== 'string' || OF_THE_NETWORK.test(syscall)) return undefined;
	return WORDS[code];
}
