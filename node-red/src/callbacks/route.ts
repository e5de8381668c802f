/**
 * The HTTP route of an account's callbacks. All webhook nodes of an account share it: a callback is checked, dropped
 * where it came before, and confirmed once, then given to each node that wants its kind.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { confirmJob } from '../../../jobs/callback/confirm';
import type { Deduplication } from '../../../jobs/callback/deduplication';
import { eventOf, stateKey, type CallbackEvent } from '../../../jobs/callback/events';
import { receiveCallback, type CallbackResult } from '../../../jobs/callback/receive';
import type { Job } from '../../../providers/contract';
import { CALLBACK_ROUTE, nodeRoot, type AccountHandle } from '../account/account';
import type { Log } from '../runtime/host';
import { keepRawBodies, readRawBody, removeLayer, type RawRequest } from './rawBody';
import { contextValue } from '../runtime/contextValue';
import { createOpenCallbacks, type OpenCallbacks } from './openCallbacks';
import { withSeen } from './seenCallbacks';
import { whenStarted } from '../runtime/flowsStarted';

export interface Receiver {
	events: readonly CallbackEvent[];
	receive(job: Job, event: CallbackEvent): void;
	log: Log;
}

interface Route {
	handle: AccountHandle;
	receivers: Set<Receiver>;
	controller: AbortController;
	path: string;
	/** Not passed on yet. */
	open: OpenCallbacks;
	dropBodies(): void;
}

const routes = new Map<string, Route>();
/** By account: what was being confirmed when a deploy took the route away. The sender has its answer and sends no more. */
const interrupted = new Map<string, CallbackResult[]>();
/** By account, over redeploys. */
const openCallbacks = new Map<string, OpenCallbacks>();

/** @returns takes the receiver away again, and the route with the last one */
export function addReceiver(RED: NodeAPI, handle: AccountHandle, receiver: Receiver): () => void {
	const route = routes.get(handle.id) ?? addRoute(RED, handle);
	// A redeployed account may have another key or secret.
	route.handle = handle;
	route.receivers.add(receiver);
	return () => {
		route.receivers.delete(receiver);
		if (route.receivers.size > 0) return;
		route.controller.abort();
		if (routes.get(handle.id) === route) routes.delete(handle.id);
		removeLayer(RED.httpNode, (layer) => layer.route?.path === route.path);
		route.dropBodies();
	};
}

function addRoute(RED: NodeAPI, handle: AccountHandle): Route {
	const path = `${CALLBACK_ROUTE}/${handle.id}/:token`;
	const controller = new AbortController();
	const start = `${nodeRoot(RED)}${CALLBACK_ROUTE}/${handle.id}/`;
	const dropBodies = keepRawBodies(RED.httpNode, (url) => url.startsWith(start));
	const open = openOf(RED, handle.id);
	const route: Route = { handle, receivers: new Set(), controller, path, open, dropBodies };
	routes.set(handle.id, route);
	const remembering = async (receive: (seen: Deduplication) => Promise<boolean>) =>
		await withSeen(RED, handle.id, receive, (text) => warn(route.receivers, text));
	RED.httpNode.post(path, ...userMiddleware(RED), (req, res) => {
		void remembering(async (seen) => {
			// Where an application of another kind embeds Node-RED, nothing could be put in front of it.
			await readRawBody(req);
			return await answer(route, seen, req, res);
		});
	});
	// Not before all webhook nodes of the account are there again.
	whenStarted(RED, () => {
		if (routes.get(handle.id) !== route) return;
		const left = interrupted.get(handle.id) ?? [];
		interrupted.delete(handle.id);
		for (const result of left) {
			void remembering(async (seen) => {
				await passOn(route, seen, result);
				return true;
			});
		}
		void open.left().then((results) => {
			for (const result of results) {
				void remembering(async (seen) => {
					// The sender may have told it to this process as well.
					const isNew = seen.add(stateKey(result.job!), handle.host.now());
					if (isNew) await passOn(route, seen, result);
					return isNew;
				});
			}
		});
	});
	return route;
}

function openOf(RED: NodeAPI, accountId: string): OpenCallbacks {
	const known = openCallbacks.get(accountId);
	if (known) return known;
	const stored = () => {
		const node = RED.nodes.getNode(accountId);
		return node ? contextValue(RED, node, 'openCallbacks') : undefined;
	};
	const open = createOpenCallbacks(stored, (text) => RED.log.warn(text));
	openCallbacks.set(accountId, open);
	return open;
}

/** What the user hangs before all HTTP nodes, for instance a rate limit. */
function userMiddleware(RED: NodeAPI): RequestHandler[] {
	const { httpNodeMiddleware } = RED.settings as unknown as {
		httpNodeMiddleware?: RequestHandler | RequestHandler[];
	};
	if (typeof httpNodeMiddleware === 'function') return [httpNodeMiddleware];
	return Array.isArray(httpNodeMiddleware) ? httpNodeMiddleware : [];
}

/** @returns whether the callback is noted as seen */
async function answer(
	route: Route,
	seen: Deduplication,
	req: Request,
	res: Response,
): Promise<boolean> {
	const { handle, receivers } = route;
	const { rawBody } = req as RawRequest;
	if (!rawBody) {
		res.status(400).send('The message broke off, or another part of the server has read it.');
		return false;
	}
	const result = receiveCallback({
		provider: handle.provider,
		account: handle.account,
		rawBody,
		headers: req.headers,
		token: { given: String(req.params.token), expected: handle.callbackToken },
		secrets: handle.secrets,
		events: wantedEvents(receivers),
		seen,
		nowMs: handle.host.now(),
	});
	// The sender waits only for this; the provider is asked afterwards.
	res.status(result.status).type('text/plain').send(result.reason);
	if (result.status >= 400) warn(receivers, `Callback refused: ${result.reason}`);
	if (result.job) await passOn(route, seen, result);
	return result.job !== undefined;
}

async function passOn(route: Route, seen: Deduplication, result: CallbackResult): Promise<void> {
	const { handle, receivers, controller, open } = route;
	await open.add(result);
	try {
		const job = await confirmJob({
			provider: handle.provider,
			account: handle.account,
			result,
			events: wantedEvents(receivers),
			confirm: true,
			seen,
			host: { ...handle.host, log: (_level, text) => warn(receivers, text) },
			signal: controller.signal,
		});
		open.remove(result);
		if (!job) return;
		const event = eventOf(job, job.testEvent === true);
		for (const receiver of receivers) {
			// Each gets a copy of its own: flows change what they are given.
			if (receiver.events.includes(event)) receiver.receive(structuredClone(job), event);
		}
	} catch (error) {
		if (!controller.signal.aborted) {
			open.remove(result);
			warn(receivers, (error as Error).message);
		} else interrupted.set(handle.id, [...(interrupted.get(handle.id) ?? []), result]);
	}
}

function wantedEvents(receivers: Set<Receiver>): CallbackEvent[] {
	return [...new Set([...receivers].flatMap(({ events }) => events))];
}

function warn(receivers: Set<Receiver>, text: string): void {
	const [first] = receivers;
	first?.log.warn(text);
}
