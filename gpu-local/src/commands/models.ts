import { parseArgs } from 'node:util';
import { UsageError } from '../lib/usageError.ts';
import { findWorkerPython } from '../engines/diffusers/index.ts';
import { addModel, removeModel, verifyModel } from '../models/add.ts';
import { embeddingConverter } from '../models/convertEmbedding.ts';
import { KINDS } from '../models/recognise.ts';
import { ModelRegistry } from '../models/registry.ts';
import type { ModelEntry } from '../models/registry.ts';
import { RECIPES } from '../models/recipes.ts';
import { lookAtMachine } from '../setup/backend.ts';
import { readConfig } from './config.ts';
import { MODEL_OPTIONS, readModelOptions } from './modelOptions.ts';
import type { Terminal } from './terminal.ts';

type CommandContext = Pick<Terminal, 'env' | 'out' | 'progress'>;

const MODELS_HELP = `gpu-local models add WHAT [options]     add a model
gpu-local models list                   show all models
gpu-local models remove NAME            forget a model (and delete it where it was downloaded)
gpu-local models verify [NAME]          check that a model's files are sound and unchanged

WHAT is a folder or file (.safetensors; .gguf of Wan or LTX-Video; .pt or .bin of an embedding) on this
machine, or hub:OWNER/NAME[@REVISION][:FILE],
for example hub:Wan-AI/Wan2.1-T2V-1.3B-Diffusers. A download is pinned to a commit and checked.

  --name NAME             what requests call it; otherwise from the file's name
  --title TEXT            what people see
  --kind KIND             ${KINDS.join(', ')}
  --motion-adapter NAME   for an SD 1.x checkpoint; otherwise the first motion adapter
  --config NAME           for a single-file checkpoint; otherwise the first SD 1.x configuration
  --base NAME             for a Wan or LTX-Video model in one file: the folder with its other parts
  --low-noise NAME        for such a file of Wan 2.2 A14B: the file for the steps with little noise
  --light-vae NAME        for a Wan model: a smaller VAE, used where its profile has light_vae=on
  --default FIELD=VALUE   for what a request leaves out, such as num_inference_steps=8
  --recipe NAME           steps, guidance, shift and scheduler of a few-step LoRA or model:
                          ${Object.keys(RECIPES).join(', ')}
  --scheduler NAME        the scheduler that a distilled model was made for
  --sigmas A,B,…          the noise levels that a distilled model was made for
  --lora NAME=STRENGTH    a LoRA that belongs to the model, such as AnimateLCM's
  --profile TEXT          for example memory=tiling,compile=on (see docs/diffusers.md)
  --gpus NUMBER           devices that make one video together (Wan; see docs/diffusers.md)
  --models FOLDER         where models are kept`;

/** `gpu-local models …`. */
export async function modelsCommand(args: string[], context: CommandContext): Promise<void> {
	const [action = 'list', ...rest] = args;
	const { values, positionals } = parse(rest);
	if (values.help || action === '--help' || action === 'help') return context.out(MODELS_HELP);
	const registry = new ModelRegistry(
		values.models ?? readConfig([], context.env, 'server').modelsFolder,
	);
	const [name] = positionals;
	if (action === 'list') return await list(registry, context);
	if (action === 'verify') return await verify(registry, name, context);
	if (name === undefined) throw new UsageError(`Say which model.\n\n${MODELS_HELP}`);
	if (action === 'remove') {
		const deleted = await removeModel(registry, name);
		return context.out(
			`Removed ${name}${deleted ? ' and its files' : '; its files are untouched'}.`,
		);
	}
	if (action !== 'add') throw new UsageError(`There is no "models ${action}".\n\n${MODELS_HELP}`);
	const entry = await addModel(registry, name, {
		...readModelOptions(values),
		hub: {
			endpoint: (context.env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/+$/, ''),
			...(context.env.HF_TOKEN ? { token: context.env.HF_TOKEN } : {}),
			progress: bar(context),
		},
		convert: embeddingConverter(() => findWorkerPython(context.env, lookAtMachine), context.env),
		say: (line) => context.progress(line),
	});
	context.out(`Added ${describe(entry)}`);
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			allowPositionals: true,
			options: {
				...MODEL_OPTIONS,
				models: { type: 'string' },
				help: { type: 'boolean' },
			},
		});
	} catch (error) {
		throw new UsageError(`${(error as Error).message}.\n\n${MODELS_HELP}`);
	}
}

const GB = 1e9;

function bar(context: CommandContext): (doneBytes: number, allBytes: number) => void {
	let shown = -1;
	return (doneBytes, allBytes) => {
		const percent = allBytes === 0 ? 100 : Math.floor((doneBytes * 100) / allBytes);
		if (percent === shown) return;
		shown = percent;
		const filled = '█'.repeat(Math.floor(percent / 4)).padEnd(25, '░');
		const sizes = `${(doneBytes / GB).toFixed(2)} of ${(allBytes / GB).toFixed(2)} GB`;
		context.progress(`${filled} ${percent} % (${sizes})`, true);
	};
}

const describe = (entry: ModelEntry): string =>
	[
		entry.alias,
		entry.kind,
		entry.family,
		...(entry.sizeBytes === undefined ? [] : [`${(entry.sizeBytes / GB).toFixed(2)} GB`]),
		...(entry.source ? [`${entry.source.repository}@${entry.source.revision}`] : []),
	].join('  ');

async function list(registry: ModelRegistry, { out }: CommandContext): Promise<void> {
	const entries = await registry.list();
	if (entries.length === 0) {
		return out(`There is no model in ${registry.folder}.\n\n${MODELS_HELP}`);
	}
	for (const entry of entries) out(describe(entry));
}

async function verify(
	registry: ModelRegistry,
	name: string | undefined,
	{ out }: CommandContext,
): Promise<void> {
	const entries = (await registry.list()).filter(({ alias }) => (name ?? alias) === alias);
	if (entries.length === 0) throw new UsageError(`There is no model "${name ?? ''}".`);
	let bad = 0;
	for (const entry of entries) {
		const problems = await verifyModel(registry, entry);
		bad += problems.length;
		out(problems.length === 0 ? `${entry.alias}: sound` : `${entry.alias}: ${problems.join(' ')}`);
	}
	if (bad > 0) throw new UsageError('Add the models with problems again, from a source you trust.');
}
