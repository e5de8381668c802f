/** ModelsLab's models, from the pages of each: every length is a text. */
import type { Document, Member } from './check';

const needed = (member: Member): Member => ({ ...member, required: true });
const oneOf = (...values: Array<string | number>): Member => ({ enum: values });
const text: Member = { type: 'string' };
const flag: Member = { type: 'boolean' };

const veo: Document = {
	prompt: needed(text),
	aspect_ratio: oneOf('16:9', '9:16'),
	duration: oneOf('4', '6', '8'),
	generate_audio: flag,
	negative_prompt: text,
	enhance_prompt: flag,
};

/** Only models whose page was read; of the others nothing is known that could be refused. */
export const documentedModels: Record<string, Document> = {
	'veo-3.1': veo,
	'veo-3.1-fast': veo,
	'veo-3.0-fast-generate': { ...veo, aspect_ratio: oneOf('16:9'), duration: oneOf('8') },
	'kling-v2-5-turbo-t2v': {
		prompt: needed(text),
		aspect_ratio: needed(oneOf('16:9', '9:16', '1:1')),
		duration: needed(oneOf('5', '10')),
	},
	'wan2.5-t2v': {
		prompt: needed(text),
		resolution: text,
		duration: text,
		generate_audio: flag,
		init_audio: text,
		enhance_prompt: flag,
	},
	'wan2.6-t2v': { prompt: needed(text), resolution: text, duration: text, init_audio: text },
};
