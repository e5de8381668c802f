// The videos themselves in the list of jobs.

import { api, element, pathOf } from './api.js';

/** Addresses of posters, which the browser keeps until they are given back. */
const posters = new Map();

/** Gives back what the browser keeps of a job that is in the list no more. */
export function forgetPicture(id) {
	if (posters.has(id)) URL.revokeObjectURL(posters.get(id));
	posters.delete(id);
}

/** A player where the video is, with its poster; nothing where there is none. */
export function showPicture(place, video) {
	place.hidden = !video.url;
	if (!video.url || place.dataset.shown === video.id) return;
	place.dataset.shown = video.id;
	const gif = video.media_type === 'image/gif';
	const player = element(gif ? 'img' : 'video');
	if (gif) Object.assign(player, { alt: video.prompt, loading: 'lazy' });
	else {
		// Only the poster is loaded before somebody wants to see the video.
		Object.assign(player, { controls: true, loop: true, muted: true, preload: 'none' });
		player.setAttribute('aria-label', `Video: ${video.prompt}`);
		void showPoster(player, video);
	}
	player.src = pathOf(video.url);
	place.replaceChildren(player);
}

async function showPoster(player, { id, url }) {
	try {
		const reply = await api('GET', `/v1/videos/${id}/content?variant=thumbnail`);
		const poster = URL.createObjectURL(await reply.blob());
		if (!player.isConnected) return URL.revokeObjectURL(poster);
		posters.set(id, poster);
		player.poster = poster;
	} catch {
		// Without one, the first picture of the video stands there.
		player.preload = 'metadata';
		player.src = `${pathOf(url)}#t=0.001`;
	}
}
