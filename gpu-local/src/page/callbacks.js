// Callbacks of jobs, and addresses that said they want none any more.

import { $, api, element, json, say } from './api.js';

/** What was called back of a job, and a button to send it again. `problem` is told what goes wrong. */
export async function showCallbacks(id, place, problem) {
	try {
		const { data } = await json('GET', `/v1/videos/${id}/callbacks`);
		place.replaceChildren(...data.map(callbackOf));
		if (data.length === 0) return;
		const again = element('button', { type: 'button', textContent: 'Send callback again' });
		again.addEventListener('click', async () => {
			try {
				await api('POST', `/v1/videos/${id}/callbacks/resend`);
				say('The callback is sent again.');
				await showCallbacks(id, place, problem);
			} catch ({ message }) {
				problem(message);
			}
		});
		place.append(again);
	} catch ({ message }) {
		problem(message);
	}
}

function callbackOf({ url, status, next_at: nextAt, log }) {
	const next = nextAt ? `, next attempt ${new Date(nextAt).toLocaleString()}` : '';
	const attempts = log.map(({ at, status: answer, error }) =>
		element('li', {
			textContent: `${new Date(at).toLocaleString()}: ${answer ?? ''} ${error ?? ''}`,
		}),
	);
	return element('div', {}, [
		element('p', { textContent: `Callback to ${url}: ${status}${next}` }),
		element('ul', {}, attempts),
	]);
}

/** Addresses that are not called any more, each with a button that changes it. */
export async function showDisabled() {
	const { data } = await json('GET', '/v1/callbacks/disabled');
	$('#disabled').hidden = data.length === 0;
	$('#disabled ul').replaceChildren(
		...data.map(({ url, since }) => {
			const enable = element('button', { type: 'button', textContent: 'Call again' });
			enable.setAttribute('aria-label', `Call ${url} again`);
			enable.addEventListener('click', async () => {
				await api('POST', '/v1/callbacks/enable', { url });
				say(`${url} is called again.`);
				await showDisabled();
			});
			const text = `${url}, since ${new Date(since).toLocaleString()} `;
			return element('li', {}, [text, enable]);
		}),
	);
}
