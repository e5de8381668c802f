/** Which accounts have no key: the editor never sees the keys themselves, so the runtime is asked. */
import { t } from './i18n';
import { providerOf, providerOfAccount } from './providers';

const TYPES = ['text-to-video', 'text-to-video-result', 'text-to-video-webhook'];

/** By account, as far as the runtime was asked. */
const lacking = new Map<string, boolean>();

/** For the `validate` of the account's provider: true, or what is wrong in words. */
export function validateProvider(node: EditorNode, value: unknown): true | string {
	const provider = providerOf(value);
	if (!provider) return t('text-to-video-account.problem.provider');
	return provider.needsKey && lacksKey(node) ? t('text-to-video-account.problem.key') : true;
}

function lacksKey({ id, credentials }: EditorNode): boolean {
	const typed = credentials?.apiKey;
	if (typeof typed === 'string' && typed.trim() !== '') return false;
	// Set where its dialog was open, and newer than what the runtime said.
	if (typeof credentials?.has_apiKey === 'boolean') return !credentials.has_apiKey;
	return lacking.get(id) === true;
}

/** For the `validate` of a webhook node's account: one that is complete, and whose provider calls back. */
export function validateWebhookAccount(value: unknown): boolean | string {
	const account = typeof value === 'string' ? RED.nodes.node(value) : null;
	if (!account || account.valid === false) return false;
	const provider = providerOfAccount(value);
	return !provider || provider.callback
		? true
		: t('editor.webhook-no-callbacks', { provider: provider.title });
}

/** For the `validate` of a text to video node's callback. The box is not in sight where the provider has none. */
export function validateCallback(node: EditorNode, value: unknown): true | string {
	const provider = providerOfAccount(node.account);
	return value !== true || !provider || provider.callback
		? true
		: t('editor.no-callbacks', { provider: provider.title });
}

/** Asks again whenever an account comes or a deploy may have changed something. */
export function watchAccounts(): void {
	RED.events.on('nodes:add', (node: EditorNode) => {
		if (node.type === 'text-to-video-account') void ask(node);
	});
	RED.events.on('deploy', () => {
		RED.nodes.eachConfig((node) => {
			if (node.type === 'text-to-video-account') void ask(node);
			return true;
		});
	});
	// One more wire can make a stream that two nodes want to read.
	RED.events.on('links:add', ({ source }: { source: EditorNode }) => {
		if (TYPES.includes(source.type)) mark(source);
	});
	RED.events.on('links:remove', ({ source }: { source: EditorNode }) => {
		if (TYPES.includes(source.type)) mark(source);
	});
}

async function ask(account: EditorNode): Promise<void> {
	const answer: { lacksKey?: boolean } = await $.getJSON(
		`text-to-video/accounts/${account.id}`,
	).then(
		(state: { lacksKey?: boolean }) => state,
		// One that was imported and not deployed yet: an export holds no keys.
		({ status }: JQuery.jqXHR) => (status === 404 ? { lacksKey: true } : {}),
	);
	if (answer.lacksKey === undefined) return;
	lacking.set(account.id, answer.lacksKey);
	mark(account);
	for (const user of account.users ?? []) mark(user);
}

function mark(node: EditorNode): void {
	RED.editor.validateNode(node);
	node.dirty = true;
	RED.view.redraw();
}
