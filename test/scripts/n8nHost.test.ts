import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hostCacheFolder, hostFingerprint } from '../../scripts/n8n-host/cacheFolder';
import { n8nEnvironment } from '../../scripts/n8n-host/environment';
import { installProblem } from '../../scripts/n8n-host/install';
import { withFolderLock } from '../../scripts/n8n-host/installLock';
import { checkDiskSpace, claimPort } from '../../scripts/n8n-host/preflight';

let folder: string;
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'text-to-video-host-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('where n8n is installed', () => {
	const files = { packageJson: '{"n8n":"1"}', packageLock: '{}' };
	const linux = { platform: 'linux', arch: 'x64' } as const;

	it('is one folder for a user, whatever clone asks', () => {
		const machine = { ...linux, home: '/home/ada', env: {} };
		expect(hostCacheFolder('abc', machine)).toBe('/home/ada/.cache/text-to-video/n8n-abc');
		expect(hostCacheFolder('abc', { ...machine, env: { XDG_CACHE_HOME: '/big' } })).toBe(
			'/big/text-to-video/n8n-abc',
		);
	});

	it('changes with the pinned version and with the kind of machine', () => {
		const prints = new Set([
			hostFingerprint(files, linux),
			hostFingerprint({ ...files, packageJson: '{"n8n":"2"}' }, linux),
			hostFingerprint({ ...files, packageLock: '{"a":1}' }, linux),
			hostFingerprint(files, { platform: 'darwin', arch: 'x64' }),
			hostFingerprint(files, { platform: 'linux', arch: 'arm64' }),
		]);
		expect(prints.size).toBe(5);
		expect(hostFingerprint(files, linux)).toBe(hostFingerprint({ ...files }, linux));
	});
});

describe('what may go wrong before and during the installation', () => {
	it('says how much room is missing, and where to point it instead', async () => {
		const check = checkDiskSpace(folder, 5_000_000_000, () => Promise.resolve(1_200_000_000));
		await expect(check).rejects.toMatchObject({
			message: `Not enough disk space in ${folder}: 5.0 GB are needed, 1.2 GB are free.`,
			remedy: expect.stringContaining('XDG_CACHE_HOME'),
		});
	});

	it('names the port that is taken and the option that chooses another', async () => {
		const other = createServer();
		await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
		const { port } = other.address() as AddressInfo;
		try {
			await expect(claimPort(port, 'n8n', '--port')).rejects.toMatchObject({
				message: `Port ${port}, where n8n would listen, is in use by another program.`,
				remedy: expect.stringContaining('npm start -- --port'),
			});
		} finally {
			await new Promise((resolve) => other.close(resolve));
		}
	});

	it.each([
		['npm error code ENOTFOUND', 'the npm registry did not answer', 'Check the network'],
		['npm error code EAI_AGAIN', 'the npm registry did not answer', 'Check the network'],
		['npm error code ENOSPC', 'disk became full', 'Free about 5 GB'],
		['npm error code E404\nnpm error 404 no such package', 'no such package', 'Start again'],
	])('explains %j', (output, message, remedy) => {
		const problem = installProblem(output);
		expect(problem.message).toContain(message);
		expect(problem.remedy).toContain(remedy);
	});
});

describe('two starts at once', () => {
	it('let only one install at a time, and the other waits for it', async () => {
		const lock = join(folder, 'lock');
		const happened: string[] = [];
		const waited: Array<number | undefined> = [];
		const until = async (what: () => boolean) => await vi.waitUntil(what, { timeout: 20_000 });
		const first = withFolderLock(lock, async () => {
			happened.push('first begins');
			await until(() => waited.length > 0);
			happened.push('first ends');
		});
		await until(() => happened.length > 0);
		const second = withFolderLock(
			lock,
			async () => void happened.push('second'),
			(holder) => waited.push(holder),
		);
		await Promise.all([first, second]);
		expect(happened).toEqual(['first begins', 'first ends', 'second']);
		expect(waited).toEqual([process.pid]);
	});

	it('let the other wait too while the lock bears no name yet', async () => {
		const lock = join(folder, 'lock');
		await mkdir(lock);
		const waited: Array<number | undefined> = [];
		await withFolderLock(
			lock,
			async () => undefined,
			(holder) => {
				waited.push(holder);
				void rm(lock, { recursive: true });
			},
		);
		expect(waited).toEqual([undefined]);
	});

	it('take over a lock whose process no longer lives', async () => {
		const lock = join(folder, 'lock');
		await mkdir(lock);
		await writeFile(join(lock, 'pid'), '999999999');
		await expect(withFolderLock(lock, () => Promise.resolve('done'))).resolves.toBe('done');
	});
});

describe("n8n's environment", () => {
	const places = {
		folder: '/state/n8n',
		filesFolder: '/state/videos',
		port: 5678,
		runnerPort: 1,
		openTarget: '/',
	};
	const secrets = {
		encryptionKey: 'k',
		ownerEmail: 'me@example.com',
		ownerPassword: 'p',
		ownerPasswordHash: 'h',
		openKey: 'o',
	};

	it("takes over nothing from the settings of another n8n of the user's", () => {
		const outer = { PATH: '/bin', N8N_PORT: '1', DB_TYPE: 'postgresdb', NODE_ENV: 'test' };
		const env = n8nEnvironment(outer, places, secrets);
		expect(env).toMatchObject({ PATH: '/bin', N8N_PORT: '5678', DB_TYPE: 'sqlite' });
		expect(env).not.toHaveProperty('NODE_ENV');
	});

	it('listens on this computer only and reports to nobody', () => {
		expect(n8nEnvironment({}, places, secrets)).toMatchObject({
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
			N8N_RESTRICT_FILE_ACCESS_TO: '/state/videos',
		});
	});
});
