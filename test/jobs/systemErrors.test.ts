import { expect, it } from 'vitest';
import { describeSystemErrors, diskProblem } from '../../jobs/systemErrors';

it.each([
	['read ECONNRESET', 'connection cut'],
	['connect ECONNREFUSED 127.0.0.1:9', 'connection refused: 127.0.0.1:9'],
	['getaddrinfo ENOTFOUND nowhere.example', 'no such host: nowhere.example'],
	['connect ETIMEDOUT 10.0.0.1:443', 'no answer in time: 10.0.0.1:443'],
	['getaddrinfo EAI_AGAIN', 'the name could not be looked up'],
	['Econnreset, then epipe', 'connection cut, then connection cut'],
	['open EMFILE and ENOENT', 'too many files are open: and it does not exist'],
	['The model ran out of ideas', 'The model ran out of ideas'],
	['A preexisting scene', 'A preexisting scene'],
])('%s → %s', (text, words) => {
	expect(describeSystemErrors(text)).toBe(words);
});

it.each([
	[{ code: 'ENOSPC', syscall: 'write' }, 'no room is left on the disk'],
	[{ code: 'EACCES', syscall: 'open' }, 'access denied'],
	[{ code: 'EROFS', syscall: 'mkdir' }, 'the disk is read-only'],
	[{ code: 'ENAMETOOLONG', syscall: 'open' }, 'the name is too long'],
	[{ code: 'EACCES', syscall: 'connect' }, undefined],
	[{ code: 'ENOENT', syscall: 'getaddrinfo' }, undefined],
	[{ code: 'ECONNRESET', syscall: 'read' }, undefined],
	[{ code: 'EINVAL' }, undefined],
	[new Error('something else'), undefined],
	[undefined, undefined],
	[null, undefined],
	[{ code: 28, syscall: 'write' }, undefined],
])('tells what the disk refuses from what the network does: %j', (error, words) => {
	expect(diskProblem(error)).toBe(words);
});
