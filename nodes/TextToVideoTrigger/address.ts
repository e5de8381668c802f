/**
 * The trigger's address: `…/webhook/<webhookId>/<secret>`. Both parts are random and independent of each other: n8n
 * makes the first for every webhook node, the second is the node's own id or what the user typed. n8n finds the node
 * by the first part; the second is compared here, in constant time.
 */
import { NodeOperationError, type INode } from 'n8n-workflow';
import { sameText } from '../../jobs/callback/receive';
import { EXTRAS } from './properties';

export const ADDRESS_PATH = `={{ $parameter["${EXTRAS}"]?.["urlSecret"] || $nodeId }}`;

/**
 * A second, hidden route catches every other second part, so that a wrong one is answered by us (401) and not by n8n
 * (404, with a page of hints). The name of the parameter must be unique: n8n keys its routes by it.
 */
export const ANY_OTHER_PATH = '=:{{ $webhookId || $nodeId }}';

const MIN_SECRET_LENGTH = 16;

function secretOf(node: INode): string {
	const extras = node.parameters[EXTRAS] as { urlSecret?: string } | undefined;
	return extras?.urlSecret || node.id;
}

export function checkSecret(node: INode): void {
	const secret = secretOf(node);
	if (secret === node.id || /^[A-Za-z0-9_-]+$/.test(secret)) {
		if (secret === node.id || secret.length >= MIN_SECRET_LENGTH) return;
	}
	throw new NodeOperationError(
		node,
		`The Secret Part of the Address can not be used: it has ${secret.length} characters.`,
		{
			description: `Use at least ${MIN_SECRET_LENGTH} letters, digits, "-" and "_", or remove the option: the address has a random part of its own.`,
		},
	);
}

/** @param url path of the request, as it came */
export function knowsSecret(node: INode, url: string): boolean {
	const path = url.split(/[?#]/)[0]?.replace(/\/$/, '') ?? '';
	return sameText(decoded(path.slice(path.lastIndexOf('/') + 1)), secretOf(node));
}

/** The address is echoed by some providers; whoever reads an execution need not know it. */
export function withoutAddress<T>(value: T, node: INode): T {
	const parts = [secretOf(node), node.webhookId ?? ''].filter(({ length }) => length >= 8);
	const text = parts.reduce((all, part) => all.replaceAll(part, '***'), JSON.stringify(value));
	return JSON.parse(text) as T;
}

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
