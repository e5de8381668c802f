import { expect, it } from 'vitest';
import { fileNameOf } from '../../jobs/fileName';

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
	// Windows: devices, ends that it drops, and a colon behind which a file hides in another.
	['CON', 'video/mp4', 'video-CON.mp4'],
	['aux.mp4', 'video/mp4', 'video-aux.mp4'],
	['Com1.final', 'video/mp4', 'video-Com1.final.mp4'],
	['console', 'video/mp4', 'console.mp4'],
	['The end...', 'video/mp4', 'The end.mp4'],
	['boat.mp4.', 'video/mp4', 'boat.mp4'],
	['boat .mp4', 'video/mp4', 'boat.mp4'],
	['12:30', 'video/mp4', '12-30.mp4'],
	['..', 'video/mp4', 'video.mp4'],
	['.mp4', 'video/mp4', 'video.mp4'],
	['\u202egpj.boat', 'video/mp4', '-gpj.boat.mp4'],
	['x'.repeat(400), 'video/mp4', `${'x'.repeat(240)}.mp4`],
	[`${'x'.repeat(400)}.webm`, 'video/webm', `${'x'.repeat(240)}.webm`],
	['😀'.repeat(100), 'video/mp4', `${'😀'.repeat(60)}.mp4`],
])('%j of %s is kept as %j', (name, mimeType, expected) => {
	expect(fileNameOf(name, mimeType)).toBe(expected);
});
