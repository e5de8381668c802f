/** Words that are added to a prompt. A fixed text and no model: the same prompt gives the same words. */

const BETTER_PICTURE =
	'cinematic, highly detailed, sharp focus, smooth motion, professional lighting';

const STYLE_WORDS: Record<string, string> = {
	anime: 'anime style, cel shading, expressive line art',
	'3d_animation': '3D animation style, soft global illumination, rounded shapes',
	clay: 'claymation style, stop motion, visible clay texture',
	comic: 'comic book style, bold ink outlines, halftone shading',
	cyberpunk: 'cyberpunk style, neon lights, rain-soaked streets',
};

export function decorate(
	prompt: string,
	options: { enhance: boolean; style: string | undefined },
): string {
	return [
		prompt,
		...(options.style ? [STYLE_WORDS[options.style] ?? `${options.style} style`] : []),
		...(options.enhance ? [BETTER_PICTURE] : []),
	].join(', ');
}
