/** Every item's values, read and checked before anything of the run is sent. */
import type { IExecuteSingleFunctions } from 'n8n-workflow';
import type { Account } from '../../../jobs/host';
import { digest, fingerprint, type Fingerprints } from '../../../jobs/ledger';
import type { JsonValue, Provider, RequestValues } from '../../../providers/contract';
import { validate } from '../../../providers/schema/validate';
import { submitOptionsProperty } from '../../shared/options';
import { readOptions } from '../../shared/readOptions';
import { withFiles } from './files';
import { contextOfItem, itemCount, readParameters } from './parameters';

export interface PreparedItem {
	values?: RequestValues;
	fingerprints?: Fingerprints;
	/** Why this item can not be sent. */
	problem?: string;
	/** The provider is to report to this execution. */
	callback?: true;
	/** An expression failed: n8n itself will refuse the item and never hand it to the hook. */
	unreadable?: true;
}

/** @param callbackUrl where the provider is to report, when the run will sleep */
export function prepareAll(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	callbackUrl: string | undefined,
): PreparedItem[] {
	return Array.from({ length: itemCount(context) }, (_unused, itemIndex) =>
		prepare(contextOfItem(context, itemIndex), provider, account, callbackUrl),
	);
}

function prepare(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	callbackUrl: string | undefined,
): PreparedItem {
	let raw: Record<string, unknown>;
	let problems: string[];
	try {
		// Any parameter, shown or not: n8n evaluates them all, item by item, while earlier items are on their way.
		for (const name of Object.keys(context.getNode().parameters)) context.getNodeParameter(name);
		const parameters = readParameters(context, provider);
		const options = readOptions(context.getNodeParameter('options', {}), submitOptionsProperty);
		raw = withFiles(context, provider, parameters.values);
		problems = [...parameters.problems, ...options.problems];
	} catch (error) {
		return {
			unreadable: true,
			problem: `An expression could not be evaluated: ${(error as Error).message}`,
		};
	}
	const callbackField = callbackFieldFor(provider, raw, callbackUrl);
	if (callbackField) raw[callbackField] = callbackUrl;
	const { values, issues } = validate(provider, raw, account.baseUrl);
	if (!values || problems.length > 0) {
		return { problem: [...issues.map(({ message }) => message), ...problems].join('\n') };
	}
	return {
		values,
		fingerprints: fingerprintsOf(context, provider, account, values, callbackField),
		...(callbackField ? { callback: true } : {}),
	};
}

/** Where our own address goes. One that the person gave is theirs; the schedule wakes the run then. */
function callbackFieldFor(
	{ capabilities }: Provider,
	raw: Record<string, unknown>,
	callbackUrl: string | undefined,
): string | undefined {
	const field = callbackUrl && capabilities.callback?.field;
	const own = field && raw[field];
	return own === undefined || own === null || String(own).trim() === '' ? field : undefined;
}

function fingerprintsOf(
	context: IExecuteSingleFunctions,
	provider: Provider,
	account: Account,
	values: RequestValues,
	callbackField: string | undefined,
): Fingerprints {
	const asked = { ...values };
	// Another execution has another address; the video is the same.
	if (callbackField) delete asked[callbackField];
	const { parameters } = context.getNode();
	const source = { baseUrl: account.baseUrl, parameters, input: context.getInputData().json };
	return {
		request: fingerprint(provider, account.baseUrl, asked),
		source: digest(JSON.parse(JSON.stringify(source)) as JsonValue),
	};
}
