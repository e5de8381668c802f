/** What the trigger reads of a credential, and for how long it keeps it. */
import { describe, expect, it } from 'vitest';
import {
	readCredential,
	recentCredential,
	signsMessages,
} from '../../nodes/TextToVideoTrigger/credential';
import { checkSetup } from '../../nodes/TextToVideoTrigger/setup';
import type { IHookFunctions } from 'n8n-workflow';
import { providerById, providers } from '../../providers/registry';
import { hookContext, type HookContext } from '../support/hookContext';

const local = providerById('localGpu');
const novita = providerById('novita');
const withCredential = (data: object, provider = local) =>
	hookContext({ credentials: { [provider.credential]: data as never } });

describe('the secrets', () => {
	it.each([
		[undefined, []],
		[' ', []],
		['whsec_a', ['whsec_a']],
		[' whsec_a \n whsec_b ', ['whsec_a', 'whsec_b']],
	])('in %j are %j', async (webhookSecret, secrets) => {
		expect(await readCredential(withCredential({ webhookSecret }), local)).toStrictEqual({
			account: { baseUrl: 'http://127.0.0.1:8484' },
			secrets,
		});
	});

	it('are none where there is no credential', async () => {
		expect(await readCredential(hookContext(), local)).toMatchObject({ secrets: [] });
	});

	it('are signed with by Local GPU alone', () => {
		expect(providers.filter(signsMessages).map(({ id }) => id)).toStrictEqual(['localGpu']);
	});
});

describe('the address', () => {
	it('is the credential’s', async () => {
		const context = withCredential({ baseUrl: 'https://own.test' });
		expect((await readCredential(context, local)).account.baseUrl).toBe('https://own.test');
	});

	it('that is none is an error that says what to do', async () => {
		await expect(readCredential(withCredential({ baseUrl: 'htps://x' }), local)).rejects.toThrow(
			/^Base URL is "htps:\/\/x".* Correct Base URL in the credential\.$/,
		);
	});
});

describe('what was read a moment ago', () => {
	let places = 0;
	function reading() {
		places += 1;
		const place = `place ${places}`;
		const context = withCredential({ webhookSecret: 'one' });
		const secretAt = async (nowMs: number, where = place) =>
			(await recentCredential(context, local, where, nowMs)).secrets[0];
		const change = (webhookSecret: string, id = 'same') => {
			context.getNode().credentials![local.credential]!.id = id;
			context.getCredentials = async () => await Promise.resolve({ webhookSecret } as never);
		};
		change('one');
		return { secretAt, change };
	}

	it('is good for five seconds and no longer', async () => {
		const { secretAt, change } = reading();
		expect(await secretAt(1_000)).toBe('one');
		change('two');
		expect(await secretAt(5_999)).toBe('one');
		expect(await secretAt(6_000)).toBe('two');
		change('three');
		expect(await secretAt(10_999)).toBe('two');
		expect(await secretAt(11_000)).toBe('three');
	});

	it('is another trigger’s own, and another credential’s own', async () => {
		const { secretAt, change } = reading();
		await secretAt(0);
		change('two');
		expect(await secretAt(1, 'elsewhere')).toBe('two');
		change('three', 'another');
		expect(await secretAt(1)).toBe('three');
	});

	it('is kept while others are forgotten that are older', async () => {
		const { secretAt, change } = reading();
		await secretAt(0, 'old trigger');
		await secretAt(4_000);
		change('two');
		expect(await secretAt(5_000, 'old trigger')).toBe('two');
		expect(await secretAt(5_000)).toBe('one');
	});
});

describe('the trigger goes live', () => {
	const setup = async (context: HookContext, address?: string) =>
		await checkSetup(
			Object.assign(context, {
				getNodeWebhookUrl: () => address,
			}) as unknown as IHookFunctions,
		);
	const listening = (provider: string, data?: object, urlSecret?: string) =>
		hookContext({
			credentials: data ? { [providerById(provider).credential]: data as never } : {},
			parameters: { provider, ...(urlSecret ? { additionalOptions: { urlSecret } } : {}) },
		});

	it('where messages can be trusted', async () => {
		const context = listening('localGpu', { webhookSecret: 'whsec_a' });
		expect(await setup(context, 'http://localhost:5678/webhook/x')).toBe(true);
		// A machine of one's own reaches the local network.
		expect(context.logged).toStrictEqual([]);
	});

	it('and not where none could be', async () => {
		for (const context of [listening('localGpu'), listening('localGpu', { webhookSecret: ' ' })]) {
			await expect(setup(context)).rejects.toMatchObject({
				message:
					'The credential for Local GPU has no Webhook Secret, so no message could be trusted.',
				description: expect.stringContaining('whsec_') as string,
			});
		}
	});

	it('and not at an address that is easily guessed', async () => {
		await expect(setup(listening('novita', { apiKey: 'k' }, 'short'))).rejects.toThrow(
			'Secret Part of the Address',
		);
	});

	it.each([
		['http://localhost:5678/webhook/x', 1],
		['https://n8n.example.com/webhook/x', 0],
		[undefined, 0],
	])('and says where a provider can not reach it: %s', async (address, times) => {
		const context = listening('novita');
		expect(await setup(context, address)).toBe(true);
		expect(context.logged).toHaveLength(times);
		expect(context.logged.map(([level, message]) => `${level} ${message}`).join()).toBe(
			times === 0
				? ''
				: `warn ${novita.title} can not reach http://localhost:5678: n8n needs a public address (N8N_WEBHOOK_URL, or WEBHOOK_URL in older versions).`,
		);
	});
});
