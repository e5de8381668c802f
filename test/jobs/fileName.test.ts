import { expect, it } from 'vitest';
import { fileNameOf, isDeviceName, numbered } from '../../jobs/fileName';

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
	['a\u0000\u001f\u007f\u009f\u200b\u200e\u200f\u202a\u2060\u2066\u2069b', 'video/mp4', 'a-b.mp4'],
	['a\\b/c"d<e>f|g', 'video/mp4', 'a-b-c-d-e-f-g.mp4'],
	['v1.mp4.final', 'video/mp4', 'v1.mp4.final.mp4'],
	['a . b', 'video/mp4', 'a . b.mp4'],
	['x'.repeat(240), 'video/mp4', `${'x'.repeat(240)}.mp4`],
	['x'.repeat(241), 'video/mp4', `${'x'.repeat(240)}.mp4`],
	['x'.repeat(400), 'video/mp4', `${'x'.repeat(240)}.mp4`],
	[`${'x'.repeat(400)}.webm`, 'video/webm', `${'x'.repeat(240)}.webm`],
	['😀'.repeat(100), 'video/mp4', `${'😀'.repeat(60)}.mp4`],
])('%j of %s is kept as %j', (name, mimeType, expected) => {
	expect(fileNameOf(name, mimeType)).toBe(expected);
});

it.each(['mp4', 'm4v', 'mov', 'webm', 'gif', 'webp', 'mkv', 'avi', 'mpg', 'mpeg', 'ogv', 'MP4'])(
	'keeps .%s, which a video may have',
	(extension) => {
		expect(fileNameOf(`boat.${extension}`, 'video/webm')).toBe(`boat.${extension}`);
		expect(numbered(`boat.${extension}`, 1)).toBe(`boat-2.${extension}`);
	},
);

it.each([
	['boat.mp4', 0, 'boat.mp4'],
	['boat.mp4', 9, 'boat-10.mp4'],
	['boat', 1, 'boat-2'],
	['boat.mp4.old', 1, 'boat.mp4.old-2'],
])('%s is called as number %i: %s', (name, index, expected) => {
	expect(numbered(name, index)).toBe(expected);
});

it.each([
	...['con', 'PRN', 'aux', 'nul', 'com0', 'COM9', 'com\u00b9', 'lpt0', 'lpt9', 'LPT\u00b3'],
	...['nul.txt', 'nul .txt', 'com1 '],
])('Windows knows %j as a device', (name) => {
	expect(isDeviceName(name)).toBe(true);
});

it.each(['icon', 'conx', 'com', 'com10', 'a nul', 'lpt', 'aux1'])('and not %j', (name) => {
	expect(isDeviceName(name)).toBe(false);
});
