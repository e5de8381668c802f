import { createServer, type Server } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { N8nRest } from '../../scripts/n8n-host/rest';
import { closeServer, listen } from '../simulators/http';

let server: Server;
afterEach(async () => await closeServer(server));

/** An n8n that cuts so many connections before it answers. */
async function cutting(times: number) {
	const asked: string[] = [];
	server = createServer((request, response) => {
		asked.push(request.method ?? '');
		if (asked.length <= times) request.socket.resetAndDestroy();
		else response.end('{"data":"here"}');
	});
	const rest = new N8nRest(await listen(server), { ownerEmail: 'a@b.test', ownerPassword: 'x' });
	return { asked, rest };
}

it('asks again what only reads where the connection was cut', async () => {
	const { asked, rest } = await cutting(1);
	expect(await rest.call('GET', '/rest/settings')).toBe('here');
	expect(asked).toEqual(['GET', 'GET']);
});

it('does so once', async () => {
	const { asked, rest } = await cutting(2);
	await expect(rest.call('GET', '/rest/settings')).rejects.toThrow('fetch failed');
	expect(asked).toEqual(['GET', 'GET']);
});

it('starts nothing twice', async () => {
	const { asked, rest } = await cutting(1);
	await expect(rest.call('POST', '/rest/workflows/1/run', {})).rejects.toThrow('fetch failed');
	expect(asked).toEqual(['POST']);
});
