/** The looks that PixVerse documents. */
export const STYLES = ['anime', '3d_animation', 'clay', 'comic', 'cyberpunk'] as const;

export const STYLE_LABELS: Record<(typeof STYLES)[number], string> = {
	anime: 'Anime',
	'3d_animation': '3D Animation',
	clay: 'Clay',
	comic: 'Comic',
	cyberpunk: 'Cyberpunk',
};
