import { join } from 'node:path';
import type { InstanceSecrets } from './instanceSecrets';

export interface InstancePlaces {
	/** N8N_USER_FOLDER: n8n keeps everything in `.n8n` inside it. */
	folder: string;
	/** The only folder whose files workflows may read and write. */
	filesFolder: string;
	port: number;
	/** Where n8n and its own task runner meet. */
	runnerPort: number;
	/** The page that the opening link leads to, e.g. `/workflow/abc`. */
	openTarget: string;
}

/** Settings of another n8n of the user's must not leak into this one. */
const FOREIGN_SETTING =
	/^(N8N_|DB_|EXECUTIONS_|QUEUE_|WEBHOOK_|CREDENTIALS_|EXTERNAL_|GENERIC_|VUE_APP_|NODE_FUNCTION_|npm_|INIT_CWD$|NODE_OPTIONS$|NODE_PATH$|VITEST|NODE_ENV$)/;

/**
 * The whole environment of one n8n: on loopback only, with an owner but no set-up form, and
 * without telemetry, version checks, template store or licence calls.
 */
export function n8nEnvironment(
	outer: NodeJS.ProcessEnv,
	places: InstancePlaces,
	secrets: InstanceSecrets,
	extra: Record<string, string | undefined> = {},
): NodeJS.ProcessEnv {
	const inherited = Object.entries(outer).filter(([name]) => !FOREIGN_SETTING.test(name));
	return {
		...Object.fromEntries(inherited),
		N8N_USER_FOLDER: places.folder,
		N8N_ENCRYPTION_KEY: secrets.encryptionKey,
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',

		N8N_PORT: String(places.port),
		N8N_LISTEN_ADDRESS: '127.0.0.1',
		N8N_HOST: '127.0.0.1',
		N8N_PROTOCOL: 'http',
		N8N_SECURE_COOKIE: 'false',
		WEBHOOK_URL: `http://127.0.0.1:${places.port}/`,
		N8N_RUNNERS_BROKER_PORT: String(places.runnerPort),
		N8N_PROXY_HOPS: '0',

		DB_TYPE: 'sqlite',
		EXECUTIONS_MODE: 'regular',
		N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
		N8N_RESTRICT_FILE_ACCESS_TO: places.filesFolder,
		N8N_LOG_LEVEL: 'info',
		N8N_LOG_OUTPUT: 'console',

		N8N_INSTANCE_OWNER_MANAGED_BY_ENV: 'true',
		N8N_INSTANCE_OWNER_EMAIL: secrets.ownerEmail,
		N8N_INSTANCE_OWNER_PASSWORD_HASH: secrets.ownerPasswordHash,
		N8N_INSTANCE_OWNER_FIRST_NAME: 'Local',
		N8N_INSTANCE_OWNER_LAST_NAME: 'Owner',
		N8N_PERSONALIZATION_ENABLED: 'false',
		EXTERNAL_HOOK_FILES: join(import.meta.dirname, 'openEditor.cjs'),
		N8N_ADDITIONAL_NON_UI_ROUTES: 'open',
		TEXT_TO_VIDEO_OPEN_KEY: secrets.openKey,
		TEXT_TO_VIDEO_OPEN_TARGET: places.openTarget,
		TEXT_TO_VIDEO_OWNER_EMAIL: secrets.ownerEmail,
		TEXT_TO_VIDEO_OWNER_PASSWORD: secrets.ownerPassword,

		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
		N8N_DYNAMIC_BANNERS_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
		N8N_VERIFIED_PACKAGES_ENABLED: 'false',
		// The assistant would greet with a set-up of its own, and the registry is asked over the network.
		N8N_DISABLED_MODULES: 'instance-ai,mcp-registry',
		...extra,
	};
}
