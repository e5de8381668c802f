/** The reply shapes in `exchanges/`: documented, observed and constructed ones, as data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, JsonValue } from '../../providers/contract';

export interface Exchange {
	/** What is special about it. */
	shape: string;
	/** The document, or who was seen to send it. */
	source: string;
	on: 'submit' | 'fetch' | 'callback';
	/** Ids of the providers that may send it. */
	providers: string[];
	/** HTTP status of the reply. */
	status?: number;
	headers?: Record<string, string>;
	body: JsonValue;
	/** Members that the job must have. */
	job?: JsonObject;
	/** Members that the failure must have. */
	failure?: JsonObject;
	/** Dotted paths that the job must not have. */
	absent?: string[];
	notOurs?: boolean;
}

const read = <T>(file: string): T =>
	JSON.parse(readFileSync(join(import.meta.dirname, 'exchanges', file), 'utf8')) as T;

export const exchanges: Exchange[] = [
	'stableDiffusion.json',
	'novita.json',
	'novitaModels.json',
	'aimlapi.json',
	'localGpu.json',
].flatMap((file) => read<Exchange[]>(file));

/** Request bodies as the documents print them. */
export const documentedRequests =
	read<Array<{ source: string; provider: string; body: JsonObject }>>('requests.json');

/** The parameters of the documents, in their order, with what the documents say about each. */
export interface DocumentedParameters {
	source: string;
	provider: string;
	rows: Record<string, { range?: string; type?: string; default?: string; choices?: number }>;
}

export const documentedParameters = read<DocumentedParameters[]>('parameterRows.json');
