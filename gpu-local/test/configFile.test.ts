import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readConfig } from '../src/commands/config.ts';

let folder: string;
let path: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'gpu-local-config-'));
	path = join(folder, 'gpu-local.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = (text: string, args: string[] = [], env: Record<string, string> = {}) => {
	writeFileSync(path, text);
	return readConfig(['--config', path, ...args], env, 'server');
};

const FILE = `
# Everything that can be typed can stand here.
port: 9000
engine: diffusers
keep-days: 2
no-work: true
access-log: true
allow-origin:
  - https://a.example
  - https://b.example
webhook-allow: http://localhost:5678
`;

it('a configuration file sets any option', () => {
	expect(read(FILE)).toMatchObject({
		port: 9000,
		engine: 'diffusers',
		keepSeconds: 2 * 86_400,
		work: false,
		accessLog: true,
		allowedOrigins: ['https://a.example', 'https://b.example'],
		callbackAllow: ['http://localhost:5678'],
	});
});

it('the environment goes before the file, and the command line before both', () => {
	const env = { GPU_LOCAL_PORT: '9001', GPU_LOCAL_NO_WORK: 'false', GPU_LOCAL_KEEP_DAYS: '3' };
	expect(read(FILE, ['--port', '9002', '--allow-origin', 'https://c.example'], env)).toMatchObject({
		port: 9002,
		work: true,
		keepSeconds: 3 * 86_400,
		allowedOrigins: ['https://c.example'],
		engine: 'diffusers',
	});
});

it('may be JSON, may be empty, and may be named in the environment', () => {
	expect(read('{"port": 9003}').port).toBe(9003);
	expect(read('').port).toBe(8484);
	writeFileSync(path, 'port: 9004');
	expect(readConfig([], { GPU_LOCAL_CONFIG: path }, 'server').port).toBe(9004);
});

it.each([
	['prot: 1', /There is no option prot\. The options are: host, port, /],
	['port: [1, 2]', /port must be a text or a number, such as NUMBER/],
	['no-work: maybe', /no-work is a switch\. Give true or false/],
	['allow-host: {a: b}', /allow-host must be a text or a number, or a list of them/],
	['port: 99999', /port in .*gpu-local\.yaml is "99999"\. Give a number from 0 to 65535/],
	['- port', /Give one option a line/],
	['a: [', /is not YAML: /],
	['config: other.yaml', /There is no option config/],
])('%s is refused in words', (text, words) => {
	expect(() => read(text)).toThrow(words);
});

it('that does not exist is said', () => {
	expect(() => readConfig(['--config', join(folder, 'no.yaml')], {}, 'server')).toThrow(
		/The configuration file cannot be read\. .*no\.yaml cannot be used: it does not exist/,
	);
});

it('a wrong variable is named as it was given', () => {
	expect(() => readConfig([], { GPU_LOCAL_PORT: 'x' }, 'server')).toThrow(
		'GPU_LOCAL_PORT is "x". Give a number from 0 to 65535.',
	);
});
