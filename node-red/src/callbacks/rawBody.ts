/**
 * The bytes of a callback as they were sent. Where the editor and the flows share one root, the editor's JSON parser
 * comes first and would leave nothing of them; a middleware in front of everything keeps them. Node-RED's own HTTP In
 * node does the same for its raw bodies.
 */
import type { Application, NextFunction, Request, RequestHandler, Response } from 'express';
import { MAX_CALLBACK_BYTES } from '../../../jobs/callback/receive';

interface Layer {
	handle?: unknown;
	route?: { path: string };
}

type App = Application & { parent?: App; _router?: { stack: Layer[] } };

export type RawRequest = Request & { rawBody?: Buffer; _body?: boolean };

/** @returns takes it away again */
export function keepRawBodies(httpNode: Application, isOurs: (url: string) => boolean): () => void {
	const app = rootOf(httpNode as App);
	const keep: RequestHandler = (req, _res: Response, next: NextFunction) => {
		// So far in front Express has not taken the address apart yet.
		if (req.method !== 'POST' || !isOurs(req.url.split('?')[0] ?? '')) return next();
		void readRawBody(req as RawRequest).then(() => next());
	};
	app.use(keep);
	const stack = app._router?.stack ?? [];
	const index = stack.findIndex(({ handle }: Layer) => handle === keep);
	if (index >= 0) stack.unshift(...stack.splice(index, 1));
	return () => removeLayer(app, ({ handle }) => handle === keep);
}

/** Express has no way to take a layer back. */
export function removeLayer(app: Application, isMeant: (layer: Layer) => boolean): void {
	const stack = (app as App)._router?.stack ?? [];
	const index = stack.findIndex(isMeant);
	if (index >= 0) stack.splice(index, 1);
}

function rootOf(app: App): App {
	return app.parent ? rootOf(app.parent) : app;
}

/**
 * Left unset where the sender went away. Of a body that is too large, what lies just above the limit is kept and the
 * rest is let pass: a sender that is cut off in the middle does not hear why, and sends it all again.
 */
export async function readRawBody(req: RawRequest): Promise<void> {
	// An application that embeds Node-RED may have kept or parsed it already.
	if (req.rawBody || req._body || req.readableEnded || req.destroyed) return;
	const chunks: Buffer[] = [];
	let size = 0;
	const arrived = await new Promise<boolean>((resolve) => {
		req.on('data', (chunk: Buffer) => {
			if (size > MAX_CALLBACK_BYTES) return;
			chunks.push(chunk);
			size += chunk.byteLength;
			if (size > MAX_CALLBACK_BYTES) resolve(true);
		});
		req.once('end', () => resolve(true));
		for (const event of ['error', 'close']) req.once(event, () => resolve(false));
	});
	if (!arrived) return;
	req.rawBody = Buffer.concat(chunks);
	// What body parsers look at to see that there is nothing left to read.
	req._body = true;
}
