/** Which addresses are nobody's own, and which only look so. */
import { describe, expect, it } from 'vitest';
import { readBaseUrl } from '../../providers/baseUrl';
import { placeholderIn } from '../../providers/placeholder';
import { providerById, providers } from '../../providers/registry';
import { fieldsOf } from '../../providers/schema/fields';
import { ofModel } from '../../providers/schema/ofModel';
import { validate } from '../../providers/schema/validate';
import { smallValues } from '../simulators/client';
import { offeredModels } from '../support/modelValues';

describe('an address that was left as the example had it', () => {
	it.each([
		['https://example.com/hook', 'example.com'],
		['http://n8n.example.org:5678/webhook/1', 'n8n.example.org'],
		['https://hooks.example.net', 'hooks.example.net'],
		['https://cdn.example.edu/cat.png', 'cdn.example.edu'],
		['https://example.io/a', 'example.io'],
		['https://n8n.example.co.uk/a', 'n8n.example.co.uk'],
		['https://n8n.example/webhook/1', 'n8n.example'],
		['https://EXAMPLE.com./x', 'example.com'],
		['https://user:pw@example.com/x', 'example.com'],
		['https://n8n.invalid/x', 'n8n.invalid'],
		['https://your-domain.com/webhook/1', 'your-domain.com'],
		['https://n8n.yourdomain.com/webhook/1', 'n8n.yourdomain.com'],
		['https://your_domain.com/x', 'your_domain.com'],
		['https://your-n8n-instance.com/x', 'your-n8n-instance.com'],
		['https://your-domain-here.com/x', 'your-domain-here.com'],
		['https://YOUR-SERVER/x', 'your-server'],
		['http://yourserver:5678/webhook/1', 'yourserver'],
		['https://my-domain.com/x', 'my-domain.com'],
		['https://n8n.your.domain/x', 'n8n.your.domain'],
		['https://domain.tld/x', 'domain.tld'],
		['https://your-tunnel.trycloudflare.com/x', 'your-tunnel.trycloudflare.com'],
		['https://your-name.app.n8n.cloud/webhook/1', 'your-name.app.n8n.cloud'],
		['https://your-bucket.s3.amazonaws.com/cat.png', 'your-bucket.s3.amazonaws.com'],
		['https://changeme.ngrok.io/x', 'changeme.ngrok.io'],
		['https://your-story.trycloudflare.com/x', 'your-story.trycloudflare.com'],
		['https://your-story.telco.io/x', 'your-story.telco.io'],
		['https://your-story.community.io/x', 'your-story.community.io'],
		['https://your-story.acme.co.uk/x', 'your-story.acme.co.uk'],
		['https://your-server.de.acme.io/x', 'your-server.de.acme.io'],
		['gs://YOUR-BUCKET/cat.png', 'your-bucket'],
		['https://<your-host>/webhook/1', '<your-host>'],
		['https://n8n.acme.io/webhook/<token>', '<token>'],
		['https://n8n.acme.io/webhook/%3Ctoken%3E', '%3Ctoken%3E'],
		['https://n8n.acme.io/webhook/%3ctoken%3e', '%3ctoken%3e'],
		['https://{host}/webhook/1', '{host}'],
		['https://${HOST}/webhook/1', '${HOST}'],
		['https://n8n.acme.io/{{ $json.path }}', '{{ $json.path }}'],
		['https://n8n.acme.io/{{path}}', '{{path}}'],
		['https://[your host]/x', '[your host]'],
		['https://[The Host]/x', '[The Host]'],
		['https://hooks.slack.com/services/YOUR_TOKEN', 'YOUR_TOKEN'],
		['https://n8n.acme.io/webhook?key=YOUR-API-KEY', 'YOUR-API-KEY'],
		['https://n8n.acme.io/webhook/CHANGE_ME', 'CHANGE_ME'],
		['https://hooks.slack.com/services/XXXX/XXXX', 'XXXX'],
		['https://n8n.acme.io/webhook/paste-the-url-here', 'paste-the-url-here'],
		['https://n8n.acme.io/webhook/Paste-the-URL-here', 'Paste-the-URL-here'],
		['https://n8n.acme.io/webhook/…', '…'],
		['https://n8n.acme.io/webhook/...', '...'],
	])('%s', (address, part) => {
		expect(placeholderIn(address)).toBe(part);
	});
});

describe('somebody’s own address', () => {
	it.each([
		'https://api.acme.io/hook',
		'http://localhost:5678/webhook/1',
		'http://192.168.1.20/cat.png',
		'http://[::1]:8484/v1',
		'http://n8n:5678/webhook/1',
		'http://n8n.test/webhook/1',
		'https://static.1.2.3.4.clients.your-server.de/hook',
		'https://u123.your-storagebox.de/cat.png',
		'https://bucket.fsn1.your-objectstorage.com/cat.png',
		'https://yourstory.com/a.png',
		'https://www.your-story.com/a.png',
		'https://your-story.co.uk/a.png',
		'https://get-your-story.app.acme.io/a.png',
		'https://your.site.acme.io/a.png',
		'https://cdn.invalidated.io/a.png',
		'https://ftpmirror.your.org/a.png',
		'https://via.placeholder.com/512',
		'https://example.acme.io/hook',
		'https://example-videos.com/a.png',
		'https://myexample.com/a.png',
		'https://my-n8n.duckdns.org/webhook/1',
		'https://mystore.com/a.png',
		'https://cdn.acme.io/your-cat.png',
		'https://cdn.acme.io/MY_CAT.png',
		'https://cdn.acme.io/example.com.png',
		'https://cdn.acme.io/what-is-YOUR-name.mp4',
		'https://cdn.acme.io/put-it-there',
		'https://cdn.acme.io/a...b/c',
		'https://cdn.acme.io/a.png?filter={"a":1}',
		'https://cdn.acme.io/a.png?X-Amz-Signature=aXXXXb&X=1',
		'gs://bucket/cat.png',
		'data:image/png;base64,AAAA',
		'',
	])('%s', (address) => {
		expect(placeholderIn(address)).toBeUndefined();
	});
});

const LEFT = 'https://n8n.example.com/webhook/paste-the-address-here';

/** Every field, of providers and of models, that takes an address, and a request in which it is left as it was. */
const addressFields = [
	...providers.map((provider) => [provider.id, provider, smallValues(provider)] as const),
	...offeredModels.map(
		([name, provider, { id }]) => [name, provider, { [provider.models!.field]: id }] as const,
	),
].flatMap(([name, provider, values]) =>
	fieldsOf(ofModel(provider, values).request)
		.filter(({ role, media, type }) => type === 'text' && (role === 'callback' || media))
		.map((field) => [`${name}: ${field.name}`, provider, field, values] as const),
);

describe('a request in which an address was left as the example had it', () => {
	it('can be made of many fields', () => expect(addressFields.length).toBeGreaterThan(50));

	it.each(addressFields)('is refused for %s', (_name, provider, field, values) => {
		const { account } = provider;
		const { issues } = validate(
			provider,
			{ ...values, [field.name]: LEFT },
			account.defaultBaseUrl,
		);
		expect(issues.map(({ message }) => message).join('\n')).toContain(
			`${field.title} (${field.name}) is "${LEFT}", in which "n8n.example.com" only holds the place`,
		);
	});

	it('is refused for what stands deep in the extra parameters', () => {
		const provider = providerById('aimlapiPixverse');
		const extra_parameters = { pictures: [{ address: 'https://<your-host>/cat.png' }] };
		const values = { ...smallValues(provider), extra_parameters };
		const { issues } = validate(provider, values, provider.account.defaultBaseUrl);
		expect(issues[0]?.message).toContain('"<your-host>" only holds the place');
	});

	it('is not refused for a prompt that speaks of one', () => {
		const provider = providerById('localGpu');
		const values = { ...smallValues(provider), prompt: 'A sign that says https://example.com' };
		expect(validate(provider, values, provider.account.defaultBaseUrl).issues).toEqual([]);
	});

	it('is refused for a base URL, which would be shown the key', () => {
		const { problem } = readBaseUrl(providerById('novita'), 'https://your-proxy.example.com');
		expect(problem).toContain('"your-proxy.example.com" only holds the place of your own address');
	});
});
