/** What the editor asks the runtime: models by name, their prices, what an account holds, and its callback address. */
import type { Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { askAccount, type AccountState } from '../../../jobs/account';
import { modelPrices } from '../../../jobs/modelPrices';
import { searchModels as search } from '../../../jobs/searchModels';
import type { ModelChoice, ProviderFailure } from '../../../providers/contract';
import { readBaseUrl } from '../../../providers/baseUrl';
import { providerById, providers } from '../../../providers/registry';
import { isObject } from '../../../providers/schema/wire';
import { providerError } from '../messages/errors';
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
	for (const [name, answer] of Object.entries(QUESTIONS)) {
		// Sends requests into the world with the account's key, so it asks for more than reading.
		RED.httpAdmin.post(
			`/text-to-video/${name}`,
			needsPermission('text-to-video.write'),
			(req, res) => void askAt(RED, answer, req, res),
		);
	}
}

/** Where to ask, and with which key. */
interface Place {
	host: RuntimeHost;
	baseUrl: string;
	providerId: string;
}

type Question = (place: Place, asked: Record<string, unknown>) => Promise<object>;

export interface ModelsAnswer {
	models?: ModelChoice[];
	nextCursor?: string;
	/** What went wrong, for the person in the editor. */
	problem?: string;
}

export interface AccountAnswer {
	state?: AccountState;
	problem?: string;
}

async function askAt(RED: NodeAPI, question: Question, req: Request, res: Response) {
	const asked: Record<string, unknown> = isObject(req.body) ? req.body : {};
	const place = placeOf(RED, asked);
	if (!place) res.status(404).json({ problem: 'The account is not deployed yet.' });
	else res.json('problem' in place ? place : await question(place, asked));
}

/**
 * The stored key goes only to the stored address: whoever asks with an address of his own must bring a key of his own.
 */
function placeOf(
	RED: NodeAPI,
	asked: Record<string, unknown>,
): Place | { problem: string } | undefined {
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

const placeOfStored = ({ host, account, provider }: AccountHandle): Place => ({
	...{ host, baseUrl: account.baseUrl, providerId: provider.id },
});

async function models(
	{ host, baseUrl, providerId }: Place,
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
	return found.failure ? { problem: textOf(providerId, found.failure) } : found;
}

/** In words, by model; without those that the provider does not say or can not be asked for. */
async function prices(
	{ host, baseUrl, providerId }: Place,
	{ models: named }: { models?: unknown },
) {
	const names = Array.isArray(named) ? named.map(String) : [];
	const signal = AbortSignal.timeout(SEARCH_TIMEOUT_MS);
	return { prices: await modelPrices(providerById(providerId), { baseUrl }, names, host, signal) };
}

async function state({ host, baseUrl, providerId }: Place): Promise<AccountAnswer> {
	const signal = AbortSignal.timeout(SEARCH_TIMEOUT_MS);
	try {
		const answer = await askAccount(providerById(providerId), { baseUrl }, host, signal);
		return answer.failure
			? { problem: textOf(providerId, answer.failure) }
			: { state: answer.state };
	} catch (error) {
		return { problem: (error as Error).message };
	}
}

const QUESTIONS: Record<string, Question> = { models, prices, account: state };

const textOf = (providerId: string, failure: ProviderFailure): string =>
	providerError(providerById(providerId), failure).message;

const written = (value: unknown): string | undefined => {
	const given = text(value);
	return given && /^\$\{[^}]+\}$/.test(given) ? undefined : given;
};

const text = (value: unknown): string | undefined =>
	typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
