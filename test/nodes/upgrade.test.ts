/** What people saved with version 0.1.0 goes on with the nodes of today. */
import { NodeHelpers, type INodeProperties, type INodeType } from 'n8n-workflow';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TextToVideo } from '../../nodes/TextToVideo/TextToVideo.node';
import { TextToVideoFetchResult } from '../../nodes/TextToVideoFetchResult/TextToVideoFetchResult.node';
import { TextToVideoTrigger } from '../../nodes/TextToVideoTrigger/TextToVideoTrigger.node';
import { usableModels } from '../../providers/catalogue';
import { isFinal } from '../../providers/contract';
import { modelslabV7 } from '../../providers/modelslab';
import { fieldsOf } from '../../providers/schema/fields';
import { ofModel } from '../../providers/schema/ofModel';
import { validate } from '../../providers/schema/validate';
import { buildRequest } from '../../providers/schema/wire';
import { startSimulator, type Simulator } from '../simulators/simulator';
import { storedExecution, type StoredExecution, type WorkflowResult } from '../support/n8nCore';
import { credentialsOf, credentialType } from '../support/n8nNode';
import {
	atPresent,
	forward,
	goOnAs,
	recordedJson,
	recordedWorkflows,
	type RecordedExecution,
	type RecordedProvider,
} from '../support/release010';

const PACKAGE = 'n8n-nodes-text-to-video.';
const ours: Record<string, INodeType> = {
	[`${PACKAGE}textToVideo`]: new TextToVideo(),
	[`${PACKAGE}textToVideoFetchResult`]: new TextToVideoFetchResult(),
	[`${PACKAGE}textToVideoTrigger`]: new TextToVideoTrigger(),
};

describe('the editor', () => {
	interface RecordedProperty {
		name: string;
		type?: string;
		default?: unknown;
		displayOptions?: { show?: Record<string, unknown[]> };
		choices?: unknown[];
		options?: RecordedProperty[];
		values?: RecordedProperty[];
	}
	const types = recordedJson<Record<'nodes' | 'credentials', Record<string, RecordedProperty[]>>>(
		'n8n',
		'types.json',
	);
	type Option = { value?: unknown } & RecordedProperty;

	/** What the property of 0.1.0 has that the properties of today have not. */
	const missing = (
		then: RecordedProperty[],
		now: readonly INodeProperties[],
		path = '',
	): string[] =>
		then.flatMap((property) => {
			const name = path + property.name;
			const same = now.filter(
				(candidate) => candidate.name === property.name && isShownWhere(now, candidate, property),
			);
			if (same.length === 0) return [name];
			const equal = same.find(
				({ type, default: start }) =>
					(type === property.type || isLocator(type, property.type)) &&
					JSON.stringify(chosen(start)) === JSON.stringify(chosen(property.default)),
			);
			if (property.type && !equal) return [`${name}: type or default`];
			const [{ options = [] }] = [equal ?? same[0]!];
			const offered = (options as Option[]).map(({ value }) => value);
			const lost = (property.choices ?? []).filter((choice) => !offered.includes(choice));
			return [
				...lost.map((choice) => `${name}: ${String(choice)}`),
				...missing(property.options ?? [], options as INodeProperties[], `${name}.`),
				...missing(
					property.values ?? [],
					(same[0] as unknown as { values?: INodeProperties[] }).values ?? [],
					`${name}.`,
				),
			];
		});
	/** A text that became a choice from a list: n8n takes the saved text as it is. */
	const isLocator = (now: string, then?: string) => now === 'resourceLocator' && then === 'string';
	/** What a list stands at, whatever way it was chosen. */
	const chosen = (start: unknown): unknown =>
		typeof start === 'object' && start !== null && 'mode' in start && 'value' in start
			? start.value
			: Array.isArray(start)
				? start.map(chosen)
				: typeof start === 'object' && start !== null
					? Object.fromEntries(Object.entries(start).map(([key, value]) => [key, chosen(value)]))
					: start;
	/** A saved workflow knows no switch that was added later: that stands at its default. */
	const isShownWhere = (
		now: readonly INodeProperties[],
		candidate: INodeProperties,
		then: RecordedProperty,
	): boolean =>
		Object.entries(candidate.displayOptions?.show ?? {}).every(([name, values]) => {
			const saved =
				then.displayOptions?.show?.[name] ??
				now.filter((property) => property.name === name).map(({ default: start }) => start);
			return saved.some((value) => values?.includes(value as never));
		});

	it.each(Object.keys(ours))(
		'has every parameter, choice and default that %s had: saved workflows leave defaults out',
		(name) => {
			expect(missing(types.nodes[name] ?? [], ours[name]!.description.properties)).toEqual([]);
			expect(types.nodes[name]?.length).toBeGreaterThan(5);
		},
	);

	it.each(Object.keys(types.credentials))('has every field of the credential %s', async (name) => {
		const { properties } = await credentialType(name);
		expect(missing(types.credentials[name] ?? [], properties)).toEqual([]);
	});

	/** What today's nodes offer that 0.1.0 does not know: choices, options, and texts that became choices from a list. */
	const unknownThen = (then: RecordedProperty[], now: readonly INodeProperties[]) => {
		const before = (name: string) => then.filter((property) => property.name === name);
		const news = now.flatMap(({ name, type, options = [] }) => {
			const same = before(name);
			if (same.length === 0) return [];
			const choices = same.flatMap(({ choices: known = [] }) => known);
			const members = same.flatMap(({ options: known = [] }) => known.map((option) => option.name));
			const isNew = (option: Option) =>
				type === 'options' ? !choices.includes(option.value) : !members.includes(option.name);
			const listed =
				type === 'options' || name === 'options' ? (options as Option[]).filter(isNew) : [];
			return [
				...listed.map((option) => `${name}: ${String(option.value ?? option.name)}`),
				...(same.every((property) => isLocator(type, property.type))
					? [`${name}: from a list`]
					: []),
			];
		});
		return [...new Set(news)].sort();
	};

	it('offers nothing that 0.1.0 does not know, but what docs/troubleshooting.md names', () => {
		const found = Object.keys(ours).map((name) => [
			name.replace(PACKAGE, ''),
			unknownThen(types.nodes[name] ?? [], ours[name]!.description.properties),
		]);
		expect(Object.fromEntries(found)).toEqual({
			textToVideo: [
				...['model: from a list', 'model_id: from a list'],
				...['options: maximumCost', 'options: unpriced'],
				...['provider: aimlapi', 'provider: novitaAnyModel', 'whenSubmitted: estimate'],
			],
			textToVideoFetchResult: [
				...['operation: account', 'operation: find'],
				...['provider: aimlapi', 'provider: novitaAnyModel'],
			],
			textToVideoTrigger: [],
		});
	});

	const nodes = recordedWorkflows().flatMap((workflow) =>
		workflow.nodes
			.filter(({ type }) => type in ours)
			.map((node) => [`${workflow.name}: ${node.name}`, node] as const),
	);
	it.each(nodes)('keeps every saved parameter of %s', (_name, node) => {
		const { description } = ours[node.type]!;
		const kept = NodeHelpers.getNodeParameters(
			description.properties,
			node.parameters,
			false,
			false,
			node,
			description,
		);
		const saved = NodeHelpers.getNodeParameters(
			description.properties,
			{ ...node.parameters },
			true,
			false,
			node,
			description,
		);
		// Without its defaults n8n keeps what differs; with them, all that was saved and known.
		expect(saved).toMatchObject(node.parameters);
		expect(node.parameters).toMatchObject(kept as object);
		const issues = NodeHelpers.getNodeParametersIssues(description.properties, node, description);
		expect(issues).toBeNull();
	});
});

describe('an execution', () => {
	const recorded = recordedJson<{ provider: RecordedProvider }>('n8n', 'provider.json').provider;
	let sim: Simulator;
	/** Jobs that were paid before the upgrade. */
	let paid: number;

	beforeEach(async () => {
		sim = await startSimulator({
			...{ durationMs: Infinity, autoCallbacks: false, key: recorded.key },
			fetchResultBase: recorded.url,
		});
		goOnAs(sim, recorded);
		paid = sim.book.charges;
		forward(recorded.url, sim.url);
	});
	afterEach(async () => {
		nock.cleanAll();
		nock.restore();
		await sim.close();
		nock.activate();
	});

	const passOn: INodeType = {
		description: {
			...{ displayName: 'Pass on', name: 'passOn', group: ['transform'], version: 1 },
			...{ description: '', defaults: { name: 'Pass on' }, inputs: ['main'], outputs: ['main'] },
			properties: [],
		},
		async execute() {
			return [this.getInputData()];
		},
	};

	async function open(name: string): Promise<StoredExecution & { jobIds: string[] }> {
		const { execution_entity: row, execution_data: stored } = recordedJson<RecordedExecution>(
			'n8n',
			'executions',
			`${name}.json`,
		);
		const { nodes } = JSON.parse(stored.workflowData) as {
			nodes: Array<{
				id: string;
				name: string;
				type: string;
				parameters: { provider?: string };
			}>;
		};
		const provider = nodes.find(({ type }) => type in ours)!.parameters.provider!;
		const types = Object.fromEntries(nodes.map(({ type }) => [type, ours[type] ?? passOn]));
		const text = atPresent(stored.data, recorded).replaceAll(recorded.filesUrl, sim.filesUrl);
		const jobs = sim.book.jobs.filter(({ id }) => text.includes(`"${id}"`));
		return {
			...storedExecution(
				{
					nodeTypes: types,
					nodes: nodes as never,
					credentials: await credentialsOf(provider, { baseUrl: recorded.url, apiKey: sim.key }),
				},
				String(row.id),
				() => text,
			),
			jobIds: jobs.map(({ id }) => id),
		};
	}

	const bodies: Record<string, (id: string) => object> = {
		'asleep-one': (id) => ({ id: Number(id), status: 'success', output: [] }),
		'asleep-novita': (id) => ({
			event_type: 'ASYNC_TASK_RESULT',
			payload: { task: { task_id: id, status: 'TASK_STATUS_SUCCEED' } },
		}),
		'asleep-signed': (id) => ({
			...{ type: 'video.completed', timestamp: '2026-11-29T00:00:00Z' },
			data: { id, status: 'completed' },
		}),
	};

	it.each(Object.keys(bodies))('(%s) is woken by the callback and pays nothing', async (name) => {
		const asleep = await open(name);
		for (const id of asleep.jobIds) await sim.finish(id);
		const { resumed } = await asleep.call(bodies[name]!(asleep.jobIds.at(-1)!));
		expect(resumed?.error).toBeUndefined();
		const items = resumed?.items('Video') ?? [];
		expect(items.map(({ json }) => json.jobId).sort()).toEqual([...asleep.jobIds].sort());
		expect(items.map(({ binary }) => binary?.data?.mimeType)).toEqual(
			asleep.jobIds.map(() => 'video/mp4'),
		);
		expect(sim.book.charges).toBe(paid);
	});

	it('(asleep-some-done) wakes with what was done, what had failed and what came last', async () => {
		const asleep = await open('asleep-some-done');
		const last = asleep.jobIds.find((id) => !isFinal(sim.state(id).status))!;
		await sim.finish(last);
		const { resumed } = await asleep.call(bodies['asleep-one']!(last));
		const [done, failed] = (resumed as WorkflowResult).outputs('Video');
		expect(done?.map(({ binary }) => binary?.data?.mimeType)).toEqual(['video/mp4', 'video/mp4']);
		expect(failed?.map(({ json }) => json.message)).toEqual([
			expect.stringContaining('The lights went out') as string,
		]);
		expect(sim.book.of('file')).toHaveLength(1);
		expect(sim.book.charges).toBe(paid);
	});

	it.each(['asleep-one', 'asleep-some-done', 'asleep-novita', 'asleep-signed'])(
		'(%s) passes the jobs on at the deadline',
		async (name) => {
			const asleep = await open(name);
			const late = await asleep.wake();
			expect(late.status).toBe('success');
			const passed = late.items('After').map(({ json }) => json);
			expect(JSON.stringify(passed)).toContain(asleep.jobIds[0]);
			expect(sim.book.charges).toBe(paid);
		},
	);

	it('that failed in one job pays, when retried, for that one only', async () => {
		const failed = await open('failed');
		sim.faults.clear();
		const retried = failed.retry();
		while (sim.book.charges === paid) await new Promise((done) => setTimeout(done, 20));
		const again = sim.book.jobs.at(-1)!;
		expect(again.request).toMatchObject({ model_id: 'midjourney', output_type: 'mp4' });
		await sim.finish(again.id);
		const result = await retried;
		expect(result.status).toBe('success');
		expect(result.items('Video').map(({ binary }) => binary?.data?.mimeType)).toEqual(
			Array(3).fill('video/mp4'),
		);
		expect(sim.book.charges).toBe(paid + 1);
	});

	it('whose submit nobody knows the end of does not pay again when retried', async () => {
		const doubtful = await open('in-doubt');
		const result = await doubtful.retry();
		expect(result.status).toBe('error');
		expect(result.error?.description).toMatch(/may have/);
		expect(sim.book.charges).toBe(paid);
	});
});

describe('a Video Fusion step of 0.1.0, whose fields were those of no model', () => {
	const models = usableModels(modelslabV7.models!.catalogue);

	it.each(models.map((model) => [model.id]))('goes on with %s', (id) => {
		const { choices = [5] } =
			fieldsOf(ofModel(modelslabV7, { model_id: id }).request).find(
				({ name }) => name === 'duration',
			) ?? {};
		// As the panel of 0.1.0 saved them: the length a whole number, the rest whatever the model.
		const saved = {
			...{ model_id: id, prompt: 'A boat', duration: Number(choices[0]) },
			...{ aspect_ratio: '16:9', seed: 3, fps: 24, portrait: false, camera_fixed: true },
			...{ generate_audio: true, enhance_prompt: false, negative_prompt: 'blur' },
		};
		const { values, issues } = validate(modelslabV7, saved, 'https://modelslab.com');
		expect(issues).toEqual([]);
		expect(buildRequest(modelslabV7, values!).body).toMatchObject({
			model_id: id,
			duration: String(choices[0]),
			aspect_ratio: '16:9',
			seed: 3,
		});
	});
});
