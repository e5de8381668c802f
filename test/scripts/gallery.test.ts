/** The page of examples against the folders that it shows. */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WorkflowNode } from '../../scripts/n8n-host/rest';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import { flowFileNames, flowPictureName } from '../../scripts/screenshots/nodeRedFlows';
import { exampleFileNames, readExamples } from '../../scripts/start/examples';

const EXAMPLES_FOLDER = join(REPOSITORY_FOLDER, 'examples');
/** A page of pictures must still load on a phone. */
const PICTURE_MAXIMUM_BYTES = 100_000;

/** A step with the first line of its name. */
const NODE_PIXELS = { width: 96, height: 120 };

interface Entry {
	title: string;
	link: string;
	words: string;
	picture: string;
}

/** Heading with link, some words, picture. */
const entries: Entry[] = [
	...readFileSync(join(EXAMPLES_FOLDER, 'README.md'), 'utf8').matchAll(
		/^### \[(?<title>.+)\]\(<?(?<link>.+?)>?\)\n\n(?<words>[^!]+)\n\n!\[.+\]\((?<picture>.+)\)$/gm,
	),
].map(({ groups }) => groups as unknown as Entry);

const picturesIn = async (folder: string) =>
	(await readdir(join(REPOSITORY_FOLDER, 'docs', 'images', folder))).map(
		(name) => `../docs/images/${folder}/${name}`,
	);

describe('the page of examples', () => {
	it('shows every workflow under its own name, with its own picture, and none that is not there', async () => {
		const workflows = await readExamples();
		const names = await exampleFileNames();
		const shown = entries.filter(({ link }) => !link.startsWith('../'));
		expect(shown.map(({ title, link }) => ({ title, link }))).toEqual(
			names.map((link, index) => ({ title: workflows[index]?.name, link })),
		);
		const pictures = names.map(
			(name) => `../docs/images/examples/${name.replace('.json', '.png')}`,
		);
		expect(shown.map(({ picture }) => picture)).toEqual(pictures);
		expect((await picturesIn('examples')).sort()).toEqual(pictures);
	});

	it('shows every flow for Node-RED, with its own picture, and none that is not there', async () => {
		const names = await flowFileNames();
		const shown = entries.filter(({ link }) => link.startsWith('../'));
		expect(shown.map(({ title, link }) => ({ title, link }))).toEqual(
			names.map((name) => ({
				title: name.replace('.json', ''),
				link: `../node-red/examples/${name}`,
			})),
		);
		const pictures = names.map((name) => `../docs/images/flows/${flowPictureName(name)}`);
		expect(shown.map(({ picture }) => picture)).toEqual(pictures);
		expect((await picturesIn('flows')).sort()).toEqual(pictures.toSorted());
	});

	it('says of each what it does and what it needs', () => {
		for (const { words } of entries) expect(words).toMatch(/^\S[^]+\.\s\*\*Needs:\*\*\s[^]+\.$/);
	});

	it('has pictures that are PNG and small', () => {
		for (const { picture } of entries) {
			const bytes = readFileSync(join(EXAMPLES_FOLDER, picture));
			expect(bytes.subarray(1, 4).toString(), picture).toBe('PNG');
			expect(bytes.length, picture).toBeLessThan(PICTURE_MAXIMUM_BYTES);
		}
	});
});

describe('every example workflow', () => {
	it('can be imported: a name of its own, notes, and no key or credential value in it', async () => {
		const workflows = await readExamples();
		expect(new Set(workflows.map(({ id }) => id)).size).toBe(workflows.length);
		for (const workflow of workflows) {
			const types = workflow.nodes.map(({ type }) => type);
			expect(types, workflow.name).toContain('n8n-nodes-base.stickyNote');
			expect(types.some((type) => type.startsWith('n8n-nodes-text-to-video.'))).toBe(true);
			expect(JSON.stringify(workflow)).not.toMatch(
				/apiKey|webhookSecret|whsec_|127\.0\.0\.1:(?!5678)/,
			);
		}
	});

	it('has no step that lies on another or on the edge of a note', async () => {
		for (const { name, nodes } of await readExamples()) {
			const notes = nodes.filter(isNote).map(boxOf);
			const steps = nodes.filter((node) => !isNote(node));
			for (const [index, step] of steps.entries()) {
				const box = boxOf(step);
				const others = steps.slice(index + 1).filter((other) => overlap(box, boxOf(other)));
				expect(
					others.map((other) => other.name),
					`${name}: on ${step.name}`,
				).toEqual([]);
				const cut = notes.filter((note) => overlap(box, note) && !inside(box, note));
				expect(cut, `${name}: notes under a part of ${step.name}`).toEqual([]);
			}
		}
	});
});

interface Box {
	left: number;
	top: number;
	right: number;
	bottom: number;
}

const isNote = ({ type }: WorkflowNode): boolean => type.endsWith('.stickyNote');

function boxOf({ position: [left, top], parameters }: WorkflowNode): Box {
	const { width = NODE_PIXELS.width, height = NODE_PIXELS.height } = parameters;
	return { left, top, right: left + Number(width), bottom: top + Number(height) };
}

const overlap = (one: Box, other: Box): boolean =>
	one.left < other.right &&
	other.left < one.right &&
	one.top < other.bottom &&
	other.top < one.bottom;

const inside = (inner: Box, outer: Box): boolean =>
	inner.left >= outer.left &&
	inner.right <= outer.right &&
	inner.top >= outer.top &&
	inner.bottom <= outer.bottom;
