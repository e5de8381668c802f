/** One typed input of the editor, worked out for one message. */
import type { Node, NodeAPI } from 'node-red';
import { isObject } from '../../../providers/schema/wire';
import { word, type Translate } from '../i18n/translate';
import { refused, shown } from '../messages/errors';
import type { Message } from '../messages/message';

export interface Source {
	RED: NodeAPI;
	node: Node;
	msg: Message;
	t: Translate;
}

/** @throws JobError where it can not be worked out */
export async function evaluate(
	{ RED, node, msg, t }: Source,
	field: { name: string; title: string },
	type: string,
	value: string,
): Promise<unknown> {
	try {
		return await new Promise((resolve, reject) => {
			RED.util.evaluateNodeProperty(value, type, node, msg, (error, result) =>
				error ? reject(error) : resolve(result),
			);
		});
	} catch (error) {
		throw refused(
			t('error.not-evaluated', { field: nameOf(RED, field), value, reason: reasonOf(error) }),
			t('advice.not-evaluated'),
		);
	}
}

/** JSONata throws plain objects, which say in `message` what is wrong. */
function reasonOf(error: unknown): string {
	const { message } = (isObject(error) ? error : {}) as { message?: unknown };
	return typeof message === 'string' && message !== '' ? message : shown(error);
}

export const nameOf = (RED: NodeAPI, { title, name }: { title: string; name: string }): string =>
	`${word(RED, title)} (${name})`;
