import { describe, expect, it } from 'vitest';
import { canCallBack } from '../../providers/callbackAddress';
import { providerById } from '../../providers/registry';

const can = (provider: string, baseUrl: string, n8nUrl: string): boolean =>
	canCallBack(providerById(provider), baseUrl, `${n8nUrl}/webhook-waiting/1/node`);

describe('whether a provider could call this n8n back', () => {
	it.each([
		['novita', 'https://api.novita.ai', 'https://n8n.example.com', true],
		['novita', 'https://api.novita.ai', 'http://localhost:5678', false],
		['novita', 'https://api.novita.ai', 'http://192.168.1.7:5678', false],
		['novita', 'https://api.novita.ai', 'http://n8n:5678', false],
		// The same endpoint played by something on this machine.
		['novita', 'http://127.0.0.1:8484', 'http://localhost:5678', true],
		['localGpu', 'http://127.0.0.1:8484', 'http://localhost:5678', true],
		['localGpu', 'http://host.docker.internal:8484', 'http://localhost:5678', true],
		['localGpu', 'http://192.168.1.9:8484', 'http://localhost:5678', false],
		['localGpu', 'http://192.168.1.9:8484', 'http://192.168.1.7:5678', true],
		['localGpu', 'http://gpu-local:8484', 'http://localhost:5678', false],
		['localGpu', 'http://HOST.docker.internal:8484', 'http://LocalHost:5678', true],
		['localGpu', 'http://host.containers.internal:8484', 'http://127.1.2.3:5678', true],
		['localGpu', 'http://ghost.docker.internal:8484', 'http://localhost:5678', false],
		['localGpu', 'http://host.docker.internal.lan:8484', 'http://localhost:5678', false],
		['localGpu', 'http://192.168.1.9:8484', 'http://[::1]:5678', false],
		['localGpu', 'http://192.168.1.9:8484', 'http://[fd00::1]:5678', true],
		['localGpu', 'http://192.168.1.9:8484', 'http://localhost.lan:5678', true],
		['localGpu', 'http://192.168.1.9:8484', 'http://n8n.localhost:5678', false],
		['localGpu', 'http://192.168.1.9:8484', 'http://0.0.0.0:5678', false],
	])('%s at %s, n8n at %s: %s', (provider, baseUrl, n8nUrl, expected) => {
		expect(can(provider, baseUrl, n8nUrl)).toBe(expected);
	});
});
