/** How long a video would take on one's own machine. */
import { expect, it } from 'vitest';
import { runTime } from '../../../providers/localGpu/runTime';

const read = (body: unknown, status = 200) => runTime.read({ status, headers: {}, body });
const ESTIMATE = { object: 'video.estimate', seconds: 42 };

it('is asked where the executor tells it', () => {
	expect(runTime.url).toBe('/v1/videos/estimate');
});

it('is what the server says, or nothing before the first run of a model', () => {
	expect(read(ESTIMATE)).toStrictEqual({ seconds: 42 });
	expect(read(ESTIMATE, 299)).toStrictEqual({ seconds: 42 });
	expect(read({ object: 'video.estimate', seconds: null })).toStrictEqual({ seconds: undefined });
});

it.each([
	[ESTIMATE, 300],
	[{ object: 'video', seconds: 42 }, 200],
	[{ seconds: 42 }, 200],
	['text', 200],
	[null, 200],
])('is no estimate in %j with HTTP %i', (body, status) => {
	expect(read(body, status)).toMatchObject({ failure: { httpStatus: status } });
});
