/** What people deploy with: the Compose file, the Dockerfiles, the systemd unit, the configuration file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../gpu-local/src/commands/config.ts';
import { OPTIONS } from '../../gpu-local/src/commands/options.ts';
import { REPOSITORY_FOLDER } from '../../scripts/repository';
import {
	DEPLOY_FOLDER,
	deployFile,
	readCompose,
	readDotEnv,
	variablesOf,
	type Service,
} from '../support/composeFile';

const SECRETS = {
	POSTGRES_PASSWORD: 'secret0123456789',
	N8N_ENCRYPTION_KEY: 'secret0123456789',
	GPU_LOCAL_API_KEYS: 'n8n=secret0123456789',
};
const example = readDotEnv(deployFile('.env.example'));
const compose = readCompose('compose.yaml', { ...example, ...SECRETS });

/** The services that a profile starts. */
const startedBy = (profile: string): Record<string, Service> =>
	Object.fromEntries(
		Object.entries(compose.services).filter(
			([, { profiles }]) => profiles === undefined || profiles.includes(profile),
		),
	);

describe('compose.yaml', () => {
	it('takes exactly the variables that .env.example explains, and names a secret that is missing', () => {
		const asked = variablesOf(deployFile('compose.yaml'));
		expect([...asked, 'COMPOSE_PROFILES'].sort()).toEqual(Object.keys(example).sort());
		for (const name of Object.keys(SECRETS)) {
			expect(() => readCompose('compose.yaml', { ...example, ...SECRETS, [name]: '' })).toThrow(
				`Set ${name} in .env`,
			);
		}
	});

	it.each([
		['simple', ['gpu-local', 'n8n', 'nodes', 'postgres']],
		['queue', ['gpu-local', 'n8n-main', 'n8n-worker', 'nodes', 'postgres', 'redis']],
	])('%s starts what belongs together', (profile, services) => {
		const started = startedBy(profile);
		expect(Object.keys(started).sort()).toEqual(services);
		for (const { depends_on: waitsFor = {} } of Object.values(started)) {
			for (const [name, { condition }] of Object.entries(waitsFor)) {
				expect(Object.keys(started)).toContain(name);
				const other = started[name]!;
				expect(condition === 'service_healthy').toBe(other.healthcheck !== undefined);
			}
		}
		const taken = Object.values(started).flatMap(({ ports = [] }) => ports);
		expect(new Set(taken).size).toBe(taken.length);
	});

	it('keeps what must be kept in volumes that are declared, and checks the health of all that goes on', () => {
		const mounted = Object.values(compose.services).flatMap(({ volumes = [] }) =>
			volumes.map((volume) => volume.split(':')[0]!),
		);
		const named = mounted.filter((name) => !name.startsWith('.'));
		expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes ?? {}).sort());
		for (const file of mounted.filter((name) => name.startsWith('./'))) {
			expect(readdirSync(DEPLOY_FOLDER)).toContain(file.slice(2));
		}
		const unchecked = Object.entries(compose.services)
			.filter(([, { healthcheck }]) => !healthcheck)
			.map(([name]) => name);
		expect(unchecked).toEqual(['nodes']);
	});

	it('lets nobody but this machine in unless .env says so', () => {
		for (const { ports = [] } of Object.values(compose.services)) {
			for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
		}
	});

	it('gives gpu-local options that it takes, and a name under which n8n reaches it', () => {
		const { environment = {} } = compose.services['gpu-local']!;
		const known = Object.values(OPTIONS).map(({ env }) => env as string);
		expect(Object.keys(environment).filter((name) => !known.includes(name))).toEqual([]);
		expect(readConfig([], environment, 'server')).toMatchObject({
			host: '0.0.0.0',
			allowedHosts: ['gpu-local'],
			callbackAllow: ['http://n8n:5678'],
			apiKeys: ['n8n=secret0123456789'],
			accessLog: false,
		});
		const { aliases } = compose.services['n8n-main']!.networks!.default!;
		expect(aliases).toEqual(['n8n']);
	});

	it('with a card: the other Dockerfile, the engine diffusers and the card', () => {
		const { services } = readCompose('compose.cuda.yaml', {});
		const { build, environment, deploy } = services['gpu-local']!;
		expect(build?.dockerfile).toBe('gpu-local-cuda.Dockerfile');
		expect(environment).toEqual({ GPU_LOCAL_ENGINE: 'diffusers' });
		expect(deploy?.resources.reservations.devices[0]?.capabilities).toEqual(['gpu']);
	});
});

describe.each(['gpu-local.Dockerfile', 'gpu-local-cuda.Dockerfile'])('%s', (name) => {
	const text = deployFile(name);

	it('uses instructions that there are, and options that gpu-local takes', () => {
		const instructions = text
			.replaceAll(/\\\n/g, ' ')
			.split('\n')
			.filter((line) => line.trim() !== '' && !line.startsWith('#'))
			.map((line) => line.trim().split(' ')[0]);
		const known = /^(FROM|ARG|RUN|ENV|USER|VOLUME|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD)$/;
		expect(instructions.filter((word) => !known.test(word ?? ''))).toEqual([]);
		const options = Object.values(OPTIONS).map(({ env }) => env as string);
		for (const [variable] of text.matchAll(/GPU_LOCAL_\w+/g)) expect(options).toContain(variable);
		expect(text).toMatch(/^USER node$/m);
	});

	it('has a health check that is a sound program', () => {
		const [, list] = /HEALTHCHECK[^[]*(\[.*\])/s.exec(text)!;
		const [command, flag, program] = JSON.parse(list!.split('\n')[0]!) as string[];
		expect([command, flag]).toEqual(['node', '-e']);
		expect(() => new Function('process', 'fetch', program!)).not.toThrow();
	});
});

describe('what goes without Docker', () => {
	it('is a configuration file that gpu-local takes', () => {
		const config = readConfig(['--config', join(DEPLOY_FOLDER, 'gpu-local.yaml')], {}, 'server');
		expect(config).toMatchObject({ port: 8484, accessLog: true, keepSeconds: 7 * 86_400 });
	});

	it('is a systemd unit with variables that gpu-local takes', () => {
		const unit = deployFile('gpu-local.service');
		const options = [...Object.values(OPTIONS).map(({ env }) => env as string), 'XDG_CACHE_HOME'];
		const variables = [...unit.matchAll(/^Environment=(\w+)=/gm)].map(([, name]) => name!);
		expect(variables.filter((name) => !options.includes(name))).toEqual([]);
		expect(unit).toMatch(/^\[Unit\]$[\s\S]*^\[Service\]$[\s\S]*^\[Install\]$/m);
	});

	it('is explained: docs/docker.md names every file', () => {
		const page = readFileSync(join(REPOSITORY_FOLDER, 'docs', 'docker.md'), 'utf8');
		for (const name of readdirSync(DEPLOY_FOLDER)) expect(page).toContain(name);
	});
});
