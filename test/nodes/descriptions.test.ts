/** What people, agents and n8n's AI builder read of the nodes before anything runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import { TextToVideoTrigger } from '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
import { providers } from '../../providers/registry';
import { isObject } from '../../providers/schema/wire';

const NODES = [new TextToVideo(), new TextToVideoFetchResult(), new TextToVideoTrigger()];
const PACKAGE = 'n8n-nodes-text-to-video';
const { description } = new TextToVideo();

describe('a hint before the first run', () => {
	it.each(providers.map(({ id, title, limits }) => ({ id, title, limits })))(
		'says how long $title takes',
		({ id, title, limits }) => {
			const mine = description.hints?.filter(
				({ whenToDisplay, displayCondition }) =>
					whenToDisplay === 'beforeExecution' && displayCondition?.includes(`=== "${id}"`),
			);
			expect(mine).toHaveLength(1);
			expect(mine?.[0]?.message).toContain(title);
			expect(mine?.[0]?.message).toMatch(/about \d+ (seconds|minutes)\./);
			expect(mine?.[0]?.message.includes('orders a minute')).toBe(
				limits.requestsPerMinute !== undefined,
			);
		},
	);
});

/** Every property, those within collections too, with where it stands. */
const within = (properties: INodeProperties[], place: string): Array<[string, INodeProperties]> =>
	properties.flatMap((property) => {
		const path = `${place}.${property.name}`;
		const inner = (property.options ?? []).flatMap((option): INodeProperties[] =>
			'values' in option ? option.values : 'displayName' in option ? [option] : [],
		);
		return [[path, property] as [string, INodeProperties], ...within(inner, path)];
	});

it('has every property as an input that n8n knows, with a start value that fits into it', () => {
	const start: Record<string, (value: unknown, property: INodeProperties) => boolean> = {
		boolean: (value) => typeof value === 'boolean',
		collection: isObject,
		fixedCollection: isObject,
		hidden: (value) => value !== undefined,
		json: (value) => typeof value === 'string' && JSON.parse(value) !== undefined,
		notice: (value) => value === '',
		number: (value) => typeof value === 'number',
		options: (value, { options = [] }) =>
			options.some((option) => 'value' in option && option.value === value),
		multiOptions: Array.isArray,
		resourceLocator: (value) => isObject(value) && value.__rl === true,
		string: (value) => typeof value === 'string',
		dateTime: (value) => typeof value === 'string',
	};
	const all = NODES.flatMap(({ description: { name, properties } }) => within(properties, name));
	expect(all.length).toBeGreaterThan(200);
	expect(
		all
			.filter(([, one]) => !(start[one.type]?.(one.default, one) ?? false))
			.map(([path, { type, default: value }]) => `${path}: ${type}, ${JSON.stringify(value)}`),
	).toEqual([]);
});

it('lets no expression choose what there is one of for a whole run, or the editor goes by', () => {
	const fixed = NODES.map(({ description: { properties } }) =>
		properties.filter((property) => property.noDataExpression).map(({ name }) => name),
	);
	expect(fixed).toEqual([
		['provider', 'specifyPrompts', 'whenSubmitted'],
		['provider', 'operation'],
		['provider', 'events', 'confirmWithProvider', 'downloadVideo'],
	]);
});

it('shows no field Authentication: which account is asked follows from the provider', () => {
	const types = NODES.flatMap(({ description: { properties } }) =>
		properties.filter(({ name }) => name === 'authentication').map(({ type }) => type),
	);
	expect(types).toEqual(['hidden', 'hidden', 'hidden']);
});

describe('what an agent reads of the tool', () => {
	it('says that an order costs money and takes minutes, and that a question costs nothing', () => {
		const [order, question] = NODES.map(({ description: { usableAsTool } }) =>
			typeof usableAsTool === 'object' ? usableAsTool.replacements?.description : undefined,
		);
		expect(order).toMatch(/costs money and takes minutes/);
		expect(question).toMatch(/Costs nothing/);
	});
});

describe('what n8n’s AI builder reads', () => {
	const types = NODES.map(({ description: { name } }) => `${PACKAGE}.${name}`);

	it('names only node types that exist', () => {
		const named = NODES.flatMap(({ description: { builderHint } }) =>
			(builderHint?.relatedNodes ?? []).map(({ nodeType }) => nodeType),
		);
		expect(named.length).toBeGreaterThan(0);
		expect(named.filter((type) => !types.includes(type))).toEqual([]);
	});

	it('names only choices that exist', () => {
		const quoted = [...(description.builderHint?.searchHint ?? '').matchAll(/"(\w+)"/g)];
		const choices = description.properties
			.filter(({ name }) => name === 'whenSubmitted')
			.flatMap(({ options = [] }) => options.map((option) => 'value' in option && option.value));
		expect(quoted.length).toBeGreaterThan(0);
		for (const [, choice] of quoted) expect(choices).toContain(choice);
	});

	it.each(['TextToVideo', 'TextToVideoFetchResult', 'TextToVideoTrigger'])(
		'finds the codex of %s under its own type',
		(folder) => {
			const file = join(import.meta.dirname, '../../nodes', folder, `${folder}.node.json`);
			const { node } = JSON.parse(readFileSync(file, 'utf8')) as { node: string };
			expect(types).toContain(node);
		},
	);

	it.each(['modelslab', 'generate video', 'text2video', 'veo', 'kling', 'wan', 'seedance'])(
		'finds the node under "%s"',
		(word) => {
			const file = join(import.meta.dirname, '../../nodes/TextToVideo/TextToVideo.node.json');
			const { alias } = JSON.parse(readFileSync(file, 'utf8')) as { alias: string[] };
			expect(alias.map((each) => each.toLowerCase())).toContain(word);
		},
	);
});

it('names each event that may start a workflow', () => {
	const { properties } = new TextToVideoTrigger().description;
	const events = properties.find(({ name }) => name === 'events')
		?.options as INodePropertyOptions[];
	expect(events.map(({ name, value }) => [name, value])).toEqual([
		['Cancelled', 'cancelled'],
		['Failed', 'failed'],
		['Progress', 'progress'],
		['Succeeded', 'succeeded'],
		['Test', 'test'],
	]);
});
