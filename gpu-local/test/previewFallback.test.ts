import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openPreview } from './support/preview.ts';

const opened: Array<Awaited<ReturnType<typeof openPreview>>> = [];
afterEach(async () => {
	for (const each of opened.splice(0)) await each.close();
});

async function open(ffmpeg: string) {
	const preview = await openPreview(ffmpeg);
	opened.push(preview);
	return preview;
}

/** A program in place of ffmpeg. */
async function broken(lines: string[]): Promise<string> {
	const { folder } = await open('/nowhere/ffmpeg');
	const path = join(folder, 'ffmpeg');
	await writeFile(path, ['#!/bin/sh', ...lines].join('\n'), { mode: 0o755 });
	return path;
}

it('a machine without ffmpeg uses the encoder that comes along, and says nothing of it', async () => {
	const { make } = await open('/nowhere/ffmpeg');
	const { settings, warnings } = await make();
	expect([settings.encoder, warnings]).toEqual(['h264-mp4-encoder', []]);
});

it.each([
	{
		what: 'lacks the encoder',
		lines: ['echo "Unknown encoder \'libx264\'" >&2', 'exit 1'],
		said: "ended with 1: Unknown encoder 'libx264'",
	},
	{
		what: 'reads a part and crashes',
		lines: ['head -c 20000 > /dev/null', 'echo "half a file" > "$0.out"', 'exit 139'],
		said: 'ended with 139',
	},
	{
		what: 'is killed in the middle',
		lines: ['head -c 5000 > /dev/null', 'kill -9 $$'],
		said: 'was killed (SIGKILL)',
	},
])('where ffmpeg $what, the same video is made without it and the job says so', async (fault) => {
	const { make } = await open(await broken(fault.lines));
	const made = await make();
	expect(made.settings.encoder).toBe('h264-mp4-encoder');
	expect(made.warnings).toEqual([expect.stringContaining(fault.said)]);
	const without = await (await open('/nowhere/ffmpeg')).make();
	expect(await readFile(made.file)).toEqual(await readFile(without.file));
});

it('a GIF is made without ffmpeg', async () => {
	const { make } = await open(await broken(['exit 1']));
	const { settings, warnings } = await make({ output_format: 'gif' });
	expect([settings.encoder, warnings]).toEqual(['gifenc', []]);
});
