import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { parse as parseMessages, serialize } from 'pg-protocol';
import type { DatabaseError } from 'pg-protocol';
import pgTypes from 'pg-types';
import type { Statement } from '../database.ts';

/** The driver's own way of writing a value as text, which has no types. */
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils') as {
	prepareValue(value: unknown): string | Buffer | null;
};

type Row = Record<string, unknown>;

interface Field {
	name: string;
	parse(text: string): unknown;
}

/** What the database answers, one of its messages (PostgreSQL's protocol, version 3). */
interface Message {
	name: string;
	fields?: unknown;
}

/** A statement that the database has parsed and keeps. */
interface Prepared {
	name: string;
	/** Undefined until the database has described them. */
	fields: Field[] | undefined;
}

/** Sends the bytes of a message, and resolves with those of the answer. */
export type Exchange = (message: Uint8Array) => Promise<Uint8Array>;

/** Texts are few and fixed; a bound all the same, for whoever puts a value into one. */
const MAX_PREPARED = 300;
/** The tables have changed under a statement that was kept, or it is gone. */
const STALE = new Set(['0A000', '26000']);

/**
 * Speaks PostgreSQL's own protocol to the built-in database. Every statement is parsed once and then called by
 * its name, and several travel in one message: most of what a statement costs there is parsing and messages.
 */
export class Session {
	readonly #prepared = new Map<string, Prepared>();
	#names = 0;

	constructor(private readonly exchange: Exchange) {}

	/** All or none of them: they share the transaction that ends with the message. */
	async run(statements: readonly Statement[]): Promise<Row[][]> {
		try {
			return await this.#run(statements);
		} catch (error) {
			if (!STALE.has((error as DatabaseError).code ?? '')) throw error;
			await this.#forgetAll();
			return await this.#run(statements);
		}
	}

	/** Any number of statements without values, as `psql` would send them. Rows of all of them together. */
	async script(text: string): Promise<Row[]> {
		const messages = await this.#send([serialize.query(text)]);
		const error = errorIn(messages);
		if (error) {
			// A script that opened a transaction must not leave it to the next one.
			if (!isIdle(messages)) await this.#send([serialize.query('ROLLBACK')]);
			throw error;
		}
		const rows: Row[] = [];
		let fields: Field[] = [];
		for (const message of messages) {
			if (message.name === 'rowDescription') fields = fieldsOf(message);
			if (message.name === 'dataRow') rows.push(rowOf(fields, message.fields as Values));
		}
		return rows;
	}

	async #run(statements: readonly Statement[]): Promise<Row[][]> {
		const prepared = statements.map(({ text }) => this.#prepared.get(text));
		const fresh = new Map<string, Prepared>();
		const parts: Uint8Array[] = [];
		const calls = statements.map(({ text, values = [] }, index) => {
			let call = prepared[index] ?? fresh.get(text);
			if (!call) {
				call = { name: `s${this.#names++}`, fields: undefined };
				fresh.set(text, call);
				parts.push(
					serialize.parse({ name: call.name, text, types: [] }),
					serialize.describe({ type: 'S', name: call.name }),
				);
			}
			parts.push(
				serialize.bind({ statement: call.name, values: values.map(prepareValue) }),
				serialize.execute(),
			);
			return call;
		});
		const messages = await this.#send([...parts, serialize.sync()]);
		const error = errorIn(messages);
		if (error) {
			await this.#close([...fresh.values()]);
			throw error;
		}
		for (const [text, call] of fresh) this.#prepared.set(text, call);
		const rows = read(messages, calls);
		if (this.#prepared.size > MAX_PREPARED) await this.#forgetAll();
		return rows;
	}

	/** Closing a statement that is not there is no error. */
	async #close(calls: Prepared[]): Promise<void> {
		if (calls.length === 0) return;
		const parts = calls.map(({ name }) => serialize.close({ type: 'S', name }));
		await this.#send([...parts, serialize.sync()]);
	}

	async #forgetAll(): Promise<void> {
		const all = [...this.#prepared.values()];
		this.#prepared.clear();
		await this.#close(all);
	}

	async #send(parts: Uint8Array[]): Promise<Message[]> {
		const answer = await this.exchange(Buffer.concat(parts));
		const messages: Message[] = [];
		const stream = new EventEmitter() as unknown as NodeJS.ReadableStream;
		void parseMessages(stream, (message) => void messages.push(message as Message));
		stream.emit('data', Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
		return messages;
	}
}

type Values = Array<string | null>;

/** Answers come in the order of the calls: a description for each that was parsed, then rows, then its end. */
function read(messages: Message[], calls: Prepared[]): Row[][] {
	const undescribed = [...new Set(calls.filter(({ fields }) => fields === undefined))];
	const rows: Row[][] = calls.map(() => []);
	let at = 0;
	for (const message of messages) {
		if (message.name === 'rowDescription') undescribed.shift()!.fields = fieldsOf(message);
		else if (message.name === 'noData') undescribed.shift()!.fields = [];
		else if (message.name === 'dataRow') {
			rows[at]!.push(rowOf(calls[at]!.fields!, message.fields as Values));
		} else if (message.name === 'commandComplete') at += 1;
	}
	return rows;
}

function rowOf(fields: Field[], values: Values): Row {
	const row: Row = {};
	for (let index = 0; index < fields.length; index++) {
		const { name, parse } = fields[index]!;
		const value = values[index]!;
		row[name] = value === null ? null : parse(value);
	}
	return row;
}

const fieldsOf = ({ fields }: Message): Field[] =>
	(fields as Array<{ name: string; dataTypeID: number }>).map(({ name, dataTypeID }) => ({
		name,
		parse: pgTypes.getTypeParser(dataTypeID, 'text'),
	}));

function errorIn(messages: Message[]): DatabaseError | undefined {
	return messages.find(({ name }) => name === 'error') as DatabaseError | undefined;
}

/** Whether the database waits outside of any transaction. */
const isIdle = (messages: Message[]): boolean =>
	(messages.at(-1) as { status?: string } | undefined)?.status === 'I';
