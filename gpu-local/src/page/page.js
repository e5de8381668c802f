// The page at "/": the list of jobs, kept fresh by server-sent events. Text from jobs goes into the page
// as text only, never as HTML.

const PAGE_SIZE = 20;
const RECONNECT_MS = 2000;
const KEY_NAME = 'gpu-local-key';

const $ = (selector, parent = document) => parent.querySelector(selector);
const jobs = $('#jobs');
const cards = new Map();
let oldest;

async function api(method, path, body) {
	const key = sessionStorage.getItem(KEY_NAME);
	const reply = await fetch(path, {
		method,
		headers: {
			...(key ? { authorization: `Bearer ${key}` } : {}),
			...(body ? { 'content-type': 'application/json' } : {}),
		},
		...(body ? { body: JSON.stringify(body) } : {}),
	});
	if (reply.ok) return reply;
	const { error } = await reply.json().catch(() => ({ error: { message: reply.statusText } }));
	const problem = new Error(error.message);
	problem.status = reply.status;
	throw problem;
}

function cardOf(video) {
	const known = cards.get(video.id);
	if (known) return known;
	const card = $('#job').content.cloneNode(true).firstElementChild;
	cards.set(video.id, card);
	const act = (selector, method, path) =>
		$(selector, card).addEventListener('click', async () => {
			const error = $('.error', card);
			try {
				const reply = await api(method, path);
				if (method === 'DELETE') forget(video.id);
				else show(await reply.json());
			} catch (problem) {
				error.textContent = problem.message;
				error.hidden = false;
			}
		});
	const path = `/v1/videos/${video.id}`;
	act('.cancel', 'POST', `${path}/cancel`);
	act('.retry', 'POST', `${path}/retry`);
	act('.remove', 'DELETE', path);
	const details = $('details', card);
	details.addEventListener('toggle', () => details.open && showCallbacks(video.id, card));
	return card;
}

function forget(id) {
	cards.get(id)?.remove();
	cards.delete(id);
	$('#empty').hidden = cards.size > 0;
}

function show(video) {
	const card = cardOf(video);
	if (!card.isConnected) {
		const next = [...jobs.children].find(
			(each) => Number(each.dataset.created) <= video.created_at,
		);
		jobs.insertBefore(card, next ?? null);
	}
	const open = video.status === 'queued' || video.status === 'in_progress';
	card.dataset.created = video.created_at;
	card.dataset.status = video.status;
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
	warnings.replaceChildren(
		...video.warnings.map((text) =>
			Object.assign(document.createElement('li'), { textContent: text }),
		),
	);
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
	$('pre', card).dataset.video = JSON.stringify(parameters, null, 2);
	if (!$('details', card).open) $('pre', card).textContent = $('pre', card).dataset.video;
	$('.cancel', card).hidden = !open;
	$('.retry', card).hidden = open;
	$('.remove', card).hidden = open;
	const save = $('.save', card);
	save.hidden = !video.url;
	if (video.url) save.href = pathOf(video.url);
	showPicture($('.picture', card), video);
	$('#empty').hidden = true;
}

// Links name the server as the caller sees it; here only its path matters.
const pathOf = (url) => new URL(url).pathname + new URL(url).search;

function stageOf(video) {
	const step = video.steps ? ` ${video.step ?? 0}/${video.steps}` : '';
	const stage = video.stage ? `${video.stage.replaceAll('_', ' ')}${step}` : 'waiting';
	const eta = video.eta_seconds ? `, about ${video.eta_seconds} s left` : '';
	return `${stage}, ${video.progress} %${eta}`;
}

function showPicture(place, video) {
	if (!video.url) {
		place.textContent = video.status === 'in_progress' ? `${video.progress} %` : '';
		return;
	}
	if (place.dataset.shown === video.id) return;
	place.dataset.shown = video.id;
	const gif = video.media_type === 'image/gif';
	const player = document.createElement(gif ? 'img' : 'video');
	player.src = pathOf(video.url);
	if (gif) player.alt = video.prompt;
	else Object.assign(player, { controls: true, loop: true, muted: true, preload: 'metadata' });
	place.replaceChildren(player);
}

async function showCallbacks(id, card) {
	const { data } = await (await api('GET', `/v1/videos/${id}/callbacks`)).json();
	const log = data.flatMap((delivery) => [
		`Callback to ${delivery.url}: ${delivery.status}`,
		...delivery.log.map((entry) => `  ${entry.at}  ${entry.status ?? ''} ${entry.error ?? ''}`),
	]);
	const pre = $('pre', card);
	pre.textContent = [pre.dataset.video, ...log].join('\n');
}

async function showSummary() {
	const status = await (await api('GET', '/v1/status')).json();
	const { queued = 0, running = 0 } = status.jobs;
	const machines = status.runners.map(({ engine, host }) => `${engine} on ${host}`).join(', ');
	$('#summary').textContent =
		`${running} running, ${queued} waiting · ${machines || 'no machine is making videos'}`;
}

async function loadPage() {
	const after = oldest ? `&after=${oldest}` : '';
	const page = await (await api('GET', `/v1/videos?limit=${PAGE_SIZE}${after}`)).json();
	page.data.forEach(show);
	oldest = page.last_id ?? oldest;
	$('#more').hidden = !page.has_more;
	$('#empty').hidden = cards.size > 0;
}

async function loadModels() {
	const { data } = await (await api('GET', '/v1/models?type=model')).json();
	$('#new select').replaceChildren(
		...data
			.filter(({ available }) => available)
			.map(({ id, name }) =>
				Object.assign(document.createElement('option'), {
					value: id,
					textContent: id,
					title: name,
				}),
			),
	);
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
			$('#new').hidden = false;
			await Promise.all([loadModels(), loadPage()]);
			await follow();
		} catch (problem) {
			if (problem.status === 401) {
				$('#new').hidden = true;
				$('#key-form').hidden = false;
				$('#key-error').textContent = sessionStorage.getItem(KEY_NAME) ? problem.message : '';
				$('#summary').textContent = 'Waiting for a key';
				return;
			}
			$('#summary').textContent = 'The server cannot be reached. Trying again…';
		}
		oldest = undefined;
		await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
	}
}

$('#key-form').addEventListener('submit', (event) => {
	event.preventDefault();
	sessionStorage.setItem(KEY_NAME, $('#key').value);
	void run();
});
$('#new').addEventListener('submit', async (event) => {
	event.preventDefault();
	const error = $('#new-error');
	error.textContent = '';
	try {
		const form = Object.fromEntries(new FormData(event.target));
		show(await (await api('POST', '/v1/videos', form)).json());
	} catch (problem) {
		error.textContent = problem.message;
	}
});
$('#more').addEventListener('click', () => void loadPage());
void run();
