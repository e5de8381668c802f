/** A chat model that follows a script: it calls the tools that the script says, with the arguments that it says. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Call {
	tool: string;
	args: Record<string, unknown>;
}

/** One message of the model: it calls tools, several at once too, or says something. */
type Action = Call | { calls: Call[] } | { say: (toolAnswers: string[]) => string };
/** What it does, or what it makes of what the user asked. */
export type Turn = Action | ((asked: string) => Action);

interface Message {
	role: string;
	content: unknown;
}

export interface FakeChatModel {
	url: string;
	/** The tool definitions that the agent sent with its first question. */
	tools: Array<{ function: { name: string; description: string; parameters: object } }>;
	/** What the agent's tools answered in the newest conversation, in order. */
	answers: string[];
	/** What the model does next, from the first message of a conversation on. */
	script: Turn[];
	close(): void;
}

export async function startFakeChatModel(script: Turn[]): Promise<FakeChatModel> {
	const model: FakeChatModel = {
		...{ url: '', tools: [], answers: [], script },
		close: () => server.close(),
	};
	const server = createServer(async (request, response) => {
		let text = '';
		for await (const part of request) text += String(part);
		const asked = JSON.parse(text || '{}') as {
			messages?: Message[];
			tools?: FakeChatModel['tools'];
			stream?: boolean;
		};
		if (model.tools.length === 0) model.tools = asked.tools ?? [];
		model.answers = (asked.messages ?? [])
			.filter(({ role }) => role === 'tool')
			.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
		const turns = (asked.messages ?? []).filter(({ role }) => role === 'assistant').length;
		const user = (asked.messages ?? []).findLast(({ role }) => role === 'user');
		const scripted = model.script[turns] ?? { say: () => 'Done.' };
		const turn = typeof scripted === 'function' ? scripted(textOf(user)) : scripted;
		const message = messageOf(turn, model);
		const finish = 'say' in turn ? 'stop' : 'tool_calls';
		const base = { id: 'chat-1', created: 1, model: 'gpt-4.1-mini' };
		if (asked.stream) {
			const chunk = (delta: object, finish_reason: string | null) =>
				`data: ${JSON.stringify({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
			response.writeHead(200, { 'content-type': 'text/event-stream' });
			response.end(`${chunk(message, null)}${chunk({}, finish)}data: [DONE]\n\n`);
			return;
		}
		response.writeHead(200, { 'content-type': 'application/json' });
		response.end(
			JSON.stringify({
				...base,
				object: 'chat.completion',
				choices: [{ index: 0, message, finish_reason: finish }],
				usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
			}),
		);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	model.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
	return model;
}

const textOf = (message: Message | undefined): string =>
	typeof message?.content === 'string' ? message.content : JSON.stringify(message?.content);

function messageOf(turn: Action, { answers }: FakeChatModel): object {
	if ('say' in turn) return { role: 'assistant', content: turn.say(answers) };
	const calls = 'calls' in turn ? turn.calls : [turn];
	return {
		role: 'assistant',
		content: null,
		tool_calls: calls.map(({ tool, args }, index) => ({
			...{ index, id: `call_${answers.length + index}`, type: 'function' },
			function: { name: tool, arguments: JSON.stringify(args) },
		})),
	};
}
