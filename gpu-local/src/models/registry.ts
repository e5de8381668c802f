import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod/v4';
import { UsageError } from '../lib/usageError.ts';
import { KINDS } from './recognise.ts';

/** A name that requests use: never a path, a URL or a repository. */
export const ALIAS = /^[A-Za-z0-9._-]{1,128}$/;

/** As many as one machine has. */
export const MOST_GPUS = 16;

const entrySchema = z.object({
	alias: z.string().regex(ALIAS),
	kind: z.enum(KINDS),
	family: z.string(),
	/** Absolute, or relative to the models folder. */
	path: z.string(),
	title: z.string().optional(),
	sizeBytes: z.number().optional(),
	/** Where it came from, for `models list`. */
	source: z.object({ repository: z.string(), revision: z.string() }).optional(),
	/** SHA-256 of each file, for `models verify`. */
	files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })).optional(),
	/** AnimateDiff: the alias of the motion adapter; the only one there is where left out. */
	motionAdapter: z.string().optional(),
	/** A single-file checkpoint: the alias of the SD 1.x configuration. */
	config: z.string().optional(),
	/** A denoiser in one file: the alias of the folder with the other parts; the only one there is where left out. */
	base: z.string().optional(),
	/** Such a file for the steps with little noise, where the folder has two experts. */
	lowNoise: z.string().optional(),
	/** Wan: the alias of a smaller VAE, which its profile may decode with. */
	lightVae: z.string().optional(),
	/** Whether it begins a video with a picture; left out: never. */
	startImage: z.enum(['required', 'optional']).optional(),
	/** Used for what a request leaves out. */
	defaults: z.record(z.string(), z.number()).optional(),
	/** What the makers of the model say to leave out of the picture, for requests that say nothing. */
	negativePrompt: z.string().max(2000).optional(),
	/** Distilled models: their scheduler and noise levels. */
	scheduler: z.string().optional(),
	sigmas: z.array(z.number()).optional(),
	/** LoRAs that belong to the model, such as AnimateLCM's. */
	loras: z.array(z.object({ alias: z.string(), strength: z.number() })).optional(),
	/** Load-time profile, for example `memory=tiling,compile=on`. */
	profile: z.string().optional(),
	/** Devices that make one video together; left out: one. */
	gpus: z.number().int().min(2).max(MOST_GPUS).optional(),
});

export type ModelEntry = z.infer<typeof entrySchema>;

const registrySchema = z.object({ version: z.literal(1), models: z.array(entrySchema) });

/** The models of one folder, by alias, in its `models.json`. */
export class ModelRegistry {
	#read: { mtimeMs: number; models: ModelEntry[] } | undefined;

	constructor(readonly folder: string) {}

	get file(): string {
		return join(this.folder, 'models.json');
	}

	/** Every model; read again only when the file has changed. */
	async list(): Promise<ModelEntry[]> {
		const info = await stat(this.file).catch(() => undefined);
		if (!info) return [];
		if (this.#read?.mtimeMs === info.mtimeMs) return this.#read.models;
		const text = await readFile(this.file, 'utf8');
		const { models } = this.#parse(text);
		this.#read = { mtimeMs: info.mtimeMs, models };
		return models;
	}

	#parse(text: string): z.infer<typeof registrySchema> {
		try {
			return registrySchema.parse(JSON.parse(text));
		} catch {
			throw new UsageError(
				`${this.file} cannot be read as a list of models. Put it right, or move it away and add the models again.`,
			);
		}
	}

	pathOf(entry: ModelEntry): string {
		return isAbsolute(entry.path) ? entry.path : join(this.folder, entry.path);
	}

	async add(entry: ModelEntry): Promise<void> {
		const others = (await this.list()).filter(({ alias }) => alias !== entry.alias);
		await this.#write([...others, entrySchema.parse(entry)]);
	}

	async remove(alias: string): Promise<ModelEntry | undefined> {
		const models = await this.list();
		const found = models.find((entry) => entry.alias === alias);
		if (found) await this.#write(models.filter((entry) => entry !== found));
		return found;
	}

	async #write(models: ModelEntry[]): Promise<void> {
		await mkdir(this.folder, { recursive: true });
		const text = JSON.stringify({ version: 1, models }, null, '\t');
		await writeFile(`${this.file}.part`, `${text}\n`);
		await rename(`${this.file}.part`, this.file);
		this.#read = undefined;
	}
}
