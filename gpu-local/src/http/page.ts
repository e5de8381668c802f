import type { FastifyInstance } from 'fastify';
import { pageFile } from '../assets.ts';

/** Everything comes from this server, nothing is inline: what a job says can never run as a script. */
const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self'; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

const FILES: Record<string, { file: string; type: string }> = {
	'/': { file: 'index.html', type: 'text/html; charset=utf-8' },
	'/page.css': { file: 'page.css', type: 'text/css; charset=utf-8' },
	'/api.js': { file: 'api.js', type: 'text/javascript; charset=utf-8' },
	'/examples.js': { file: 'examples.js', type: 'text/javascript; charset=utf-8' },
	'/newVideo.js': { file: 'newVideo.js', type: 'text/javascript; charset=utf-8' },
	'/callbacks.js': { file: 'callbacks.js', type: 'text/javascript; charset=utf-8' },
	'/pictures.js': { file: 'pictures.js', type: 'text/javascript; charset=utf-8' },
	'/summary.js': { file: 'summary.js', type: 'text/javascript; charset=utf-8' },
	'/page.js': { file: 'page.js', type: 'text/javascript; charset=utf-8' },
	'/docs': { file: 'docs.html', type: 'text/html; charset=utf-8' },
	'/docs.js': { file: 'docs.js', type: 'text/javascript; charset=utf-8' },
};

/** The page with the live queue. It asks for a key itself, so it is open; what it shows is not. */
export async function pageRoutes(app: FastifyInstance): Promise<void> {
	for (const [path, { file, type }] of Object.entries(FILES)) {
		const text = pageFile(file);
		app.get(path, async (_request, reply) => {
			return await reply
				.headers({
					'content-type': type,
					'content-security-policy': POLICY,
					'x-content-type-options': 'nosniff',
					'referrer-policy': 'no-referrer',
					'cache-control': 'no-cache',
				})
				.send(text);
		});
	}
}
