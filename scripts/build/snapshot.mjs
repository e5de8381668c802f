/**
 * What n8n reads of a node or credential when it starts, written down as data. Building the descriptions anew at every
 * start takes the whole catalogue and every schema; n8n needs only what they come to. The class itself is loaded with
 * the first call of one of its functions.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

const require = createRequire(import.meta.url);

/** @param root of the built package */
export function writeSnapshots(root) {
	const { n8n } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
	const files = [...n8n.nodes, ...n8n.credentials].map((file) => join(root, file));
	// All are read before the first is replaced: they share modules.
	const snapshots = files.map((file) => snapshotOf(file));
	for (const { file, wholeFile, text } of snapshots) {
		renameSync(file, wholeFile);
		writeFileSync(file, text);
	}
}

/** @param file a compiled class, named as n8n wants it: `TextToVideo.node.js` */
function snapshotOf(file) {
	const [name] = basename(file).split('.');
	const whole = new (require(file)[name])();
	const { data, functions } = taken(whole);
	const wholeFile = file.replace(/\.(node|credentials)\.js$/, '.$1.whole.js');
	return { file, wholeFile, text: moduleText(name, basename(wholeFile), data, functions) };
}

/** An instance as data, and where in it functions stand. */
function taken(whole) {
	const functions = [];
	const data = walk(whole, []);
	const { prototype } = whole.constructor;
	for (const key of Object.getOwnPropertyNames(prototype)) {
		if (key !== 'constructor') functions.push([key]);
	}
	if (!isDeepStrictEqual(JSON.parse(JSON.stringify(data)), data)) {
		throw new Error(
			`${whole.constructor.name} holds something that is neither JSON nor a function`,
		);
	}
	return { data, functions };

	function walk(value, path) {
		if (typeof value === 'function') functions.push(path);
		if (Array.isArray(value)) return value.map((member, index) => walk(member, [...path, index]));
		if (Object.prototype.toString.call(value) !== '[object Object]') return value;
		return Object.fromEntries(
			Object.entries(value)
				.map(([key, member]) => [key, walk(member, [...path, key])])
				// Functions are put in afterwards; what is undefined is as good as absent.
				.filter(([, member]) => member !== undefined && typeof member !== 'function'),
		);
	}
}

const moduleText = (name, wholeFile, data, functions) => `'use strict';
// Written by the build from ${wholeFile}, which is loaded when one of its functions is first called.
let whole;
const load = () => (whole ??= new (require('./${wholeFile}').${name})());
const at = (start, path) => path.reduce((value, key) => value[key], start);
const later = (path) =>
	function (...args) {
		return at(load(), path).apply(this, args);
	};
class ${name} {
	constructor() {
		Object.assign(this, JSON.parse(DATA));
		for (const path of FUNCTIONS) at(this, path.slice(0, -1))[path.at(-1)] = later(path);
	}
}
exports.${name} = ${name};
const FUNCTIONS = ${JSON.stringify(functions)};
const DATA = ${JSON.stringify(JSON.stringify(data))};
`;
