/** The shortest way to ask a simulator what a provider's pure functions say, without any host. For tests. */
import type {
	HttpCall,
	Job,
	Provider,
	Reading,
	Reply,
	RequestValues,
} from '../../providers/contract';
import { absoluteUrl } from '../../providers/hosts';
import { fieldsOf } from '../../providers/schema/fields';
import { buildRequest } from '../../providers/schema/wire';
import type { Simulator } from './simulator';

/** Sends one call with the account's key and gives any answer as a `Reply`; rejects where there was none. */
export async function ask(
	sim: Simulator,
	provider: Provider,
	call: HttpCall,
	key = sim.key,
): Promise<Reply> {
	const { authentication } = provider.account;
	const url = new URL(absoluteUrl(call.url, sim.url));
	for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
	if (call.keyInQuery && authentication.kind === 'bodyKey') {
		url.searchParams.set(authentication.property, key);
	}
	const bodyKey = authentication.kind === 'bodyKey' ? { [authentication.property]: key } : {};
	const reply = await fetch(url, {
		method: call.method,
		redirect: 'manual',
		headers: {
			'content-type': 'application/json',
			...(authentication.kind === 'bearer' ? { authorization: `Bearer ${key}` } : {}),
			...call.headers,
		},
		...(call.method === 'POST' ? { body: JSON.stringify({ ...call.body, ...bodyKey }) } : {}),
	});
	const text = await reply.text();
	return { status: reply.status, headers: Object.fromEntries(reply.headers), body: parsed(text) };
}

const context = (sim: Simulator, nowMs: number) => ({ nowMs, baseUrl: sim.url });

/** Submits and reads the answer. */
export async function submit(
	sim: Simulator,
	provider: Provider,
	values: RequestValues,
	{ nowMs = Date.now(), key = sim.key } = {},
): Promise<Reading> {
	const reply = await ask(sim, provider, buildRequest(provider, values), key);
	return provider.readSubmit(reply, values, context(sim, nowMs));
}

/** Asks for the job once and reads the answer. */
export async function fetchOnce(
	sim: Simulator,
	provider: Provider,
	job: Job,
	nowMs = Date.now(),
): Promise<Reading> {
	const reply = await ask(sim, provider, provider.fetchCall(job, { baseUrl: sim.url }));
	return provider.readFetch(reply, job, context(sim, nowMs));
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

/** Values that make the smallest valid request of any provider. */
export function smallValues(provider: Provider, prompt = 'A paper boat'): RequestValues {
	const sizes: RequestValues = { width: 512, height: 512, steps: 20 };
	const { models } = provider;
	const first = models && fieldsOf(provider.request).find(({ name }) => name === models.field);
	const known: RequestValues = {
		prompt,
		prompts: [{ prompt, frames: 16 }],
		model_id: 'midjourney',
		model_name: 'meadowMix_0.safetensors',
		model: 'pixverse/v5/text-to-video',
		output_type: 'mp4',
		...sizes,
		...(models && first?.initial !== undefined ? { [models.field]: first.initial } : {}),
	};
	const required = provider.request.shape;
	return Object.fromEntries(
		Object.entries(known).filter(
			([name]) =>
				name in required &&
				(!required[name]!.safeParse(undefined).success ||
					name === 'output_type' ||
					(name === 'model' && provider.account.cloud)),
		),
	);
}
