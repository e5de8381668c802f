/** The secret part of the trigger's address. */
import type { INode } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { checkSecret, knowsSecret, withoutAddress } from '../../nodes/TextToVideoTrigger/address';

const ID = 'n0de-1d';
const nodeWith = (urlSecret?: string, more: Partial<INode> = {}) =>
	({
		...{ id: ID, name: 'Trigger', type: 'trigger', webhookId: 'web-hook-id' },
		parameters: urlSecret === undefined ? {} : { additionalOptions: { urlSecret } },
		...more,
	}) as INode;

describe('a secret part', () => {
	it.each([undefined, '', ID, 'sixteen-letters_', 'A-0_bcdefghijklmn'])('may be %j', (secret) => {
		expect(() => checkSecret(nodeWith(secret))).not.toThrow();
	});

	it.each([
		'fifteen-letters',
		'a b c d e f g h i j',
		'/sixteen-letters_',
		'sixteen-letters_/',
		'x',
	])('may not be %j', (secret) => {
		expect(() => checkSecret(nodeWith(secret))).toThrow(
			expect.objectContaining({
				message: `The Secret Part of the Address can not be used: it has ${secret.length} characters.`,
				description: expect.stringContaining('Use at least 16 letters, digits') as string,
			}),
		);
	});

	it('may be the node’s own id, however that looks', () => {
		expect(() => checkSecret(nodeWith('Ü', { id: 'Ü' }))).not.toThrow();
	});
});

describe('an address', () => {
	const known = (url: string, node = nodeWith()) => knowsSecret(node, url);

	it.each([
		`/webhook/x/${ID}`,
		`/webhook/x/${ID}/`,
		`/webhook/x/${ID}?a=/other`,
		`/webhook/x/${ID}#other`,
		`/${ID.replace('-', '%2D')}`,
	])('is known by its last part: %s', (url) => {
		expect(known(url)).toBe(true);
	});

	it.each([
		'',
		'/webhook/x/',
		`/webhook/x/${ID}x`,
		`/webhook/x/${ID.slice(1)}`,
		`/webhook/${ID}/x`,
		`/webhook/x/x${ID}`,
		`/webhook/x/${ID}%`,
		`/webhook/x?${ID}`,
		`/webhook/x/${ID}//`,
	])('is not known by another: %s', (url) => {
		expect(known(url)).toBe(false);
	});

	it('is the one that was chosen, and then no other', () => {
		const node = nodeWith('a-secret-of-my-own');
		expect(known('/webhook/x/a-secret-of-my-own', node)).toBe(true);
		expect(known(`/webhook/x/${ID}`, node)).toBe(false);
	});

	it('may hold what is no escape', () => {
		expect(known('/x/100%', nodeWith(undefined, { id: '100%' }))).toBe(true);
	});
});

describe('what the workflow gets', () => {
	it('holds neither part of the address', () => {
		const node = nodeWith(undefined, { id: 'eight-ch', webhookId: 'web-hook-id' });
		const told = { url: 'https://n8n.test/web-hook-id/eight-ch', twice: ['eight-ch eight-ch', 7] };
		expect(withoutAddress(told, node)).toStrictEqual({
			url: 'https://n8n.test/***/***',
			twice: ['*** ***', 7],
		});
	});

	it('is not cut up for a part that is too short to be a secret', () => {
		const node = nodeWith(undefined, { id: 'node123' });
		delete node.webhookId;
		expect(withoutAddress({ a: 'node123 and all the rest' }, node)).toStrictEqual({
			a: 'node123 and all the rest',
		});
	});
});
