import { expect, it } from 'vitest';
import { fileNameOf } from '../../jobs/download';

it.each([
	['my-video.mp4', 'video/mp4', 'my-video.mp4'],
	['My Video', 'video/mp4', 'My Video.mp4'],
	['loop', 'image/gif', 'loop.gif'],
	['Ünï "x" 😀', 'video/webm', 'Ünï -x- 😀.webm'],
	['a:b*c?', 'video/mp4', 'a-b-c-.mp4'],
	['../../etc/passwd', 'video/mp4', '..-..-etc-passwd.mp4'],
	['model v1.5', 'video/mp4', 'model v1.5.mp4'],
	['CLIP.MOV', 'video/mp4', 'CLIP.MOV'],
	['a\u0000b', 'video/mp4', 'a-b.mp4'],
])('%j of %s is kept as %j', (name, mimeType, expected) => {
	expect(fileNameOf(name, mimeType)).toBe(expected);
});
