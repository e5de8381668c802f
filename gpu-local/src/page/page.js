// The page at "/": the list of jobs, kept fresh by server-sent events. Text from jobs goes into the page
// as text only, never as HTML.

import { $, api, element, forgetKey, json, pathOf, say, storedKey, storeKey } from './api.js';
import { showCallbacks, showDisabled } from './callbacks.js';
import { fillForm, loadModels, startForm } from './newVideo.js';
import { forgetPicture, showPicture } from './pictures.js';
import { showSummary } from './summary.js';

const PAGE_SIZE = 20;
const RECONNECT_MS = 2000;
const PLACES_EVERY_MS = 2000;
const SEARCH_AFTER_MS = 300;

const jobs = $('#jobs');
const cards = new Map();
const videos = new Map();
const places = new Map();
let oldest;
let filter = { status: '', query: '' };

const isOpen = ({ status }) => status === 'queued' || status === 'in_progress';
/** Asks before what cannot be undone. */
function confirmed(question) {
	const dialog = $('#confirm');
	$('p', dialog).textContent = question;
	dialog.returnValue = '';
	dialog.showModal();
	return new Promise((resolve) =>
		dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true }),
	);
}

const ACTIONS = {
	cancel: {
		may: isOpen,
		run: async (id) => show(await json('POST', `/v1/videos/${id}/cancel`)),
	},
	retry: {
		may: (video) => !isOpen(video),
		run: async (id) => show(await json('POST', `/v1/videos/${id}/retry`)),
	},
	remove: {
		may: (video) => !isOpen(video),
		ask: (count) =>
			count === 1
				? 'Delete this video and its file? This cannot be undone.'
				: `Delete ${count} videos and their files? This cannot be undone.`,
		run: async (id) => {
			await api('DELETE', `/v1/videos/${id}`);
			forget(id);
		},
	},
};

async function act(name, ids) {
	const { may, ask, run: carryOut } = ACTIONS[name];
	const chosen = ids.filter((id) => may(videos.get(id)));
	if (chosen.length === 0) return;
	if (ask && !(await confirmed(ask(chosen.length)))) return;
	for (const id of chosen) {
		try {
			await carryOut(id);
		} catch (problem) {
			showError(id, problem.message);
		}
	}
	countSelected();
	if (chosen.length > 1) say(`Done for ${chosen.length} jobs.`);
}

function showError(id, message) {
	const card = cards.get(id);
	if (!card) return;
	const error = $('.error', card);
	error.textContent = message;
	error.hidden = false;
}

function cardOf(video) {
	const known = cards.get(video.id);
	if (known) return known;
	const card = $('#job').content.cloneNode(true).firstElementChild;
	cards.set(video.id, card);
	for (const name of Object.keys(ACTIONS)) {
		$(`.${name}`, card).addEventListener('click', () => void act(name, [video.id]));
	}
	$('.reuse', card).addEventListener('click', () => fillForm(videos.get(video.id)));
	$('.select', card).addEventListener('change', countSelected);
	const details = $('details', card);
	const callbacks = $('.callbacks', card);
	const problem = (message) => showError(video.id, message);
	details.addEventListener('toggle', () => {
		if (details.open) void showCallbacks(video.id, callbacks, problem);
	});
	return card;
}

function forget(id) {
	const card = cards.get(id);
	// Where the focus was, the next job gets it: it must not fall out of the list.
	const next = card?.nextElementSibling ?? card?.previousElementSibling;
	const hadFocus =
		card?.contains(document.activeElement) || document.activeElement === document.body;
	drop(id);
	if (hadFocus) (next ? $('.select', next) : $('#new [name=prompt]')).focus();
	showEmpty();
}

function drop(id) {
	cards.get(id)?.remove();
	cards.delete(id);
	videos.delete(id);
	forgetPicture(id);
}

function showEmpty() {
	const empty = $('#empty');
	empty.hidden = cards.size > 0;
	empty.textContent =
		filter.status || filter.query
			? 'No job fits this filter.'
			: 'No jobs yet. Make one above, or from n8n or Node-RED.';
}

const fits = ({ status, prompt, track_id: trackId }) =>
	(!filter.status || filter.status.split(',').includes(status)) &&
	`${prompt}\n${trackId ?? ''}`.toLowerCase().includes(filter.query.toLowerCase());

function show(video) {
	if (!fits(video)) {
		if (cards.has(video.id)) forget(video.id);
		return;
	}
	videos.set(video.id, video);
	const card = cardOf(video);
	if (!card.isConnected) {
		const next = [...jobs.children].find(
			(each) => Number(each.dataset.created) <= video.created_at,
		);
		jobs.insertBefore(card, next ?? null);
	}
	const open = isOpen(video);
	card.dataset.created = video.created_at;
	card.dataset.status = video.status;
	card.setAttribute('aria-label', `${video.status.replace('_', ' ')}: ${video.prompt}`);
	$('.select', card).setAttribute('aria-label', `Select ${video.prompt}`);
	$('.status', card).textContent = video.status.replace('_', ' ');
	$('.stage', card).textContent = open ? stageOf(video) : '';
	$('time', card).textContent = new Date(video.created_at * 1000).toLocaleString();
	$('.prompt', card).textContent = video.prompt;
	const progress = $('progress', card);
	progress.hidden = video.status !== 'in_progress';
	progress.value = video.progress;
	const error = $('.error', card);
	error.hidden = !video.error || video.status === 'cancelled';
	error.textContent = video.error?.message ?? '';
	const warnings = $('.warnings', card);
	warnings.hidden = video.warnings.length === 0;
	warnings.replaceChildren(...video.warnings.map((text) => element('li', { textContent: text })));
	$('.numbers', card).textContent = [
		video.model,
		video.size,
		`${video.seconds} s`,
		`${video.num_frames} frames`,
		`${video.fps} fps`,
		`seed ${video.seed}`,
		...(video.finished_at && video.started_at
			? [`took ${Math.max(1, video.finished_at - video.started_at)} s`]
			: []),
	].join(' · ');
	const { url: _url, ...parameters } = video;
	$('pre', card).textContent = JSON.stringify(parameters, null, 2);
	$('.cancel', card).hidden = !open;
	$('.retry', card).hidden = open;
	$('.remove', card).hidden = open;
	const save = $('.save', card);
	save.hidden = !video.url;
	if (video.url) save.href = pathOf(video.url);
	showPicture($('.picture', card), video);
	showEmpty();
	if (video.status === 'queued') askForPlaces();
}

function stageOf(video) {
	const eta = video.eta_seconds ? `, about ${video.eta_seconds} s left` : '';
	if (video.status === 'queued') {
		const at = places.get(video.id);
		return `waiting${at ? `, place ${at.place} of ${at.of}` : ''}${eta}`;
	}
	const step = video.steps ? ` ${video.step ?? 0}/${video.steps}` : '';
	const stage = video.stage ? `${video.stage.replaceAll('_', ' ')}${step}` : 'starting';
	return `${stage}, ${video.progress} %${eta}`;
}

let askingForPlaces = false;
/** The places of what waits, until nothing does. */
function askForPlaces() {
	if (askingForPlaces) return;
	askingForPlaces = true;
	setTimeout(
		async () => {
			try {
				const { data } = await json('GET', '/v1/queue');
				places.clear();
				for (const place of data) places.set(place.id, place);
				for (const video of videos.values()) {
					if (video.status === 'queued') {
						$('.stage', cards.get(video.id)).textContent = stageOf(video);
					}
				}
			} catch {
				// The stream of events says that the server is away, and when it is back.
			}
			askingForPlaces = false;
			if ([...videos.values()].some(({ status }) => status === 'queued')) askForPlaces();
		},
		places.size === 0 ? 0 : PLACES_EVERY_MS,
	);
}

async function loadPage() {
	const query = new URLSearchParams({ limit: PAGE_SIZE });
	if (oldest) query.set('after', oldest);
	if (filter.status) query.set('status', filter.status);
	if (filter.query) query.set('query', filter.query);
	const asked = filter;
	const page = await json('GET', `/v1/videos?${query}`);
	// The filter was changed meanwhile.
	if (asked !== filter) return;
	page.data.forEach(show);
	oldest = page.last_id ?? oldest;
	$('#more').hidden = !page.has_more;
	showEmpty();
}

async function setFilter() {
	filter = { status: $('#status').value, query: $('#search').value.trim() };
	oldest = undefined;
	for (const id of [...cards.keys()]) if (!fits(videos.get(id))) drop(id);
	await loadPage().catch((problem) => say(problem.message));
	countSelected();
	say(`${cards.size} jobs shown.`);
}

const selected = () =>
	[...cards].filter(([, card]) => $('.select', card).checked).map(([id]) => id);

function countSelected() {
	const ids = selected();
	$('#selected').textContent = ids.length === 0 ? '' : `${ids.length} selected`;
	for (const button of document.querySelectorAll('#several button')) {
		const { may } = ACTIONS[button.dataset.action];
		button.disabled = !ids.some((id) => may(videos.get(id)));
	}
	$('#select-all').checked = ids.length > 0 && ids.length === cards.size;
}

async function follow() {
	const reply = await api('GET', '/v1/videos/events');
	const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = '';
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		text += value;
		const events = text.split('\n\n');
		text = events.pop();
		for (const event of events) {
			const data = /^data: (.*)$/m.exec(event)?.[1];
			if (data) show(JSON.parse(data));
		}
		if (events.some((event) => event.startsWith('event:'))) void showSummary();
	}
}

async function run() {
	for (;;) {
		try {
			await showSummary();
			$('#key-form').hidden = true;
			$('#board').hidden = false;
			$('#forget-key').hidden = !storedKey();
			await Promise.all([loadModels(), loadPage(), showDisabled()]);
			await follow();
		} catch (problem) {
			if (problem.status === 401 || problem.status === 429) {
				askForKey(storedKey() ? problem : undefined);
				return;
			}
			$('#summary').textContent = 'The server cannot be reached. Trying again…';
		}
		oldest = undefined;
		await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
	}
}

function askForKey(problem) {
	$('#board').hidden = true;
	$('#key-form').hidden = false;
	$('#key-error').textContent =
		problem?.status === 401
			? 'This key is wrong. It is one of those that the server was started with (GPU_LOCAL_API_KEYS), without a name and "=" before it.'
			: (problem?.message ?? '');
	$('#summary').textContent = 'Waiting for a key';
	$('#key').focus();
	$('#key').select();
}

$('#key-form').addEventListener('submit', (event) => {
	event.preventDefault();
	storeKey($('#key').value, $('#remember').checked);
	void run();
});
$('#forget-key').addEventListener('click', () => {
	forgetKey();
	location.reload();
});
let searching;
$('#search').addEventListener('input', () => {
	clearTimeout(searching);
	searching = setTimeout(() => void setFilter(), SEARCH_AFTER_MS);
});
$('#filter').addEventListener('submit', (event) => event.preventDefault());
$('#status').addEventListener('change', () => void setFilter());
$('#select-all').addEventListener('change', (event) => {
	for (const card of cards.values()) $('.select', card).checked = event.target.checked;
	countSelected();
});
for (const button of document.querySelectorAll('#several button')) {
	button.addEventListener('click', () => void act(button.dataset.action, selected()));
}
$('#more').addEventListener('click', () => void loadPage());
await startForm((video) => {
	show(video);
	say('The job is in the queue.');
});
void run();
