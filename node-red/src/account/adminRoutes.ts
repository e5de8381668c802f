/** What the editor asks the runtime: models by name, and the callback address of an account. */
import type { Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { searchModels as search } from '../../../jobs/searchModels';
import type { ModelChoice } from '../../../providers/contract';
import { readBaseUrl } from '../../../providers/baseUrl';
import { providerById, providers } from '../../../providers/registry';
import { isObject } from '../../../providers/schema/wire';
import { handleOf, lacksKey, type AccountHandle } from './account';
import { createHost, type RuntimeHost } from '../runtime/host';

const SEARCH_TIMEOUT_MS = 20_000;
const registered = new WeakSet<object>();

/** Once for each admin application: an Express route can be added but not replaced. */
export function addAdminRoutes(RED: NodeAPI): void {
	if (registered.has(RED.httpAdmin)) return;
	registered.add(RED.httpAdmin);
	const { needsPermission } = RED.auth;
	RED.httpAdmin.get(
		'/text-to-video/accounts/:id',
		needsPermission('text-to-video.read'),
		(req, res) => {
			const handle = handleOf(RED, text(req.params.id));
			if (!handle) res.sendStatus(404);
			else res.json({ callbackUrl: handle.callbackUrl() ?? null, lacksKey: lacksKey(handle) });
		},
	);
	// Sends requests into the world with the account's key, so it asks for more than reading.
	RED.httpAdmin.post(
		'/text-to-video/models',
		needsPermission('text-to-video.write'),
		(req, res) => void searchModels(RED, req, res),
	);
}

interface SearchPlace {
	host: RuntimeHost;
	baseUrl: string;
	providerId: string;
}

export interface ModelsAnswer {
	models?: ModelChoice[];
	nextCursor?: string;
	/** What went wrong, for the person in the editor. */
	problem?: string;
}

async function searchModels(RED: NodeAPI, req: Request, res: Response): Promise<void> {
	const asked: Record<string, unknown> = isObject(req.body) ? req.body : {};
	const place = placeOf(RED, asked);
	if (place && 'problem' in place) {
		res.json({ problem: place.problem } satisfies ModelsAnswer);
		return;
	}
	if (!place) {
		res.status(404).json({ problem: 'The account is not deployed yet.' } satisfies ModelsAnswer);
		return;
	}
	res.json(await answerOf(place, asked));
}

/**
 * The stored key goes only to the stored address: whoever asks with an address of his own must bring a key of his own.
 */
function placeOf(
	RED: NodeAPI,
	asked: Record<string, unknown>,
): SearchPlace | { problem: string } | undefined {
	const stored = handleOf(RED, text(asked.account));
	const providerId = text(asked.provider) ?? stored?.provider.id;
	// What the runtime fills in from the environment stands in the stored account as it is.
	const apiKey = written(asked.apiKey);
	const provider = providers.find(({ id }) => id === providerId);
	if (!provider) return undefined;
	const typed = written(asked.baseUrl);
	const ofStored = !apiKey && stored?.provider.id === provider.id;
	if (ofStored && typed === undefined) return placeOfStored(stored);
	const { baseUrl, problem } = readBaseUrl(provider, typed);
	if (baseUrl === undefined) return { problem };
	if (ofStored && baseUrl === stored.account.baseUrl) return placeOfStored(stored);
	const silent = { info: () => undefined, warn: () => undefined };
	const access = { authentication: provider.account.authentication, key: apiKey };
	return { host: createHost(access, silent), baseUrl, providerId: provider.id };
}

const placeOfStored = ({ host, account, provider }: AccountHandle): SearchPlace => ({
	...{ host, baseUrl: account.baseUrl, providerId: provider.id },
});

async function answerOf(
	{ host, baseUrl, providerId }: SearchPlace,
	asked: Record<string, unknown>,
): Promise<ModelsAnswer> {
	const query = text(asked.query);
	const cursor = text(asked.cursor);
	const found = await search(
		providerById(providerId),
		{ baseUrl },
		{
			kind: text(asked.search) ?? '',
			...(query ? { text: query } : {}),
			...(cursor ? { cursor } : {}),
		},
		host,
		AbortSignal.timeout(SEARCH_TIMEOUT_MS),
	);
	if (!found.failure) return found;
	return { problem: `${found.failure.message} ${found.failure.advice}`.trim() };
}

const written = (value: unknown): string | undefined => {
	const given = text(value);
	return given && /^\$\{[^}]+\}$/.test(given) ? undefined : given;
};

const text = (value: unknown): string | undefined =>
	typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
