'use strict';
// An external hook that n8n loads (EXTERNAL_HOOK_FILES): adds GET /open/<key>, a link that signs
// this computer's user in as the owner and leads on to the editor, so that no form is in the way.
// The key is unguessable and kept in the instance's folder: other users of the machine, and web
// pages that point a browser at 127.0.0.1, cannot use the link.

const { timingSafeEqual } = require('node:crypto');

/** n8n answers requests that look like a bot's with an empty page. */
const USER_AGENT = 'Mozilla/5.0 (text-to-video)';

function isKey(given, expected) {
	const left = Buffer.from(String(given));
	const right = Buffer.from(expected);
	return left.length === right.length && timingSafeEqual(left, right);
}

async function signIn() {
	const { N8N_PORT, TEXT_TO_VIDEO_OWNER_EMAIL, TEXT_TO_VIDEO_OWNER_PASSWORD } = process.env;
	const reply = await fetch(`http://127.0.0.1:${N8N_PORT}/rest/login`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'user-agent': USER_AGENT },
		body: JSON.stringify({
			emailOrLdapLoginId: TEXT_TO_VIDEO_OWNER_EMAIL,
			password: TEXT_TO_VIDEO_OWNER_PASSWORD,
		}),
	});
	return reply.headers.getSetCookie();
}

module.exports = {
	n8n: {
		ready: [
			async function addOpeningLink(server) {
				server.app.get('/open/:key', async (request, response) => {
					if (!isKey(request.params.key, process.env.TEXT_TO_VIDEO_OPEN_KEY)) {
						response.status(404).type('text').send('This link is not valid.');
						return;
					}
					for (const cookie of await signIn()) response.append('set-cookie', cookie);
					const { to } = request.query;
					const target = typeof to === 'string' && /^\/(?!\/)/.test(to) ? to : undefined;
					response.redirect(target ?? process.env.TEXT_TO_VIDEO_OPEN_TARGET ?? '/');
				});
			},
		],
	},
};
