/** Node-RED and the local executor run on the zod that npm finds for them, n8n on its own: fields look alike on each. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { fieldsOf, type Field } from '../../providers/schema/fields';
import { providers, type providerById } from '../../providers/registry';

/** Every module anew, with another zod underneath. */
async function onNewestZod(): Promise<{
	fieldsOf: typeof fieldsOf;
	providerById: typeof providerById;
}> {
	vi.resetModules();
	vi.doMock('zod/v4', async () => await import('zod-newest/v4'));
	const fields = await import('../../providers/schema/fields');
	const registry = await import('../../providers/registry');
	return { fieldsOf: fields.fieldsOf, providerById: registry.providerById };
}

afterAll(() => {
	vi.doUnmock('zod/v4');
	vi.resetModules();
});

const limits = (fields: Field[]): unknown[] =>
	fields.flatMap(
		({ minimum, maximum, minLength, maxLength, minItems, maxItems, pattern, format }) =>
			[minimum, maximum, minLength, maxLength, minItems, maxItems, pattern, format].filter(
				(limit) => limit !== undefined,
			),
	);

describe.each(providers.map((provider) => [provider.id, provider] as const))(
	'%s',
	(id, provider) => {
		it('has the same fields, types and ranges on the newest zod', async () => {
			const newest = await onNewestZod();
			const known = fieldsOf(provider.request);
			expect(limits(known).length).toBeGreaterThan(1);
			expect(newest.fieldsOf(newest.providerById(id).request)).toEqual(known);
		});
	},
);
