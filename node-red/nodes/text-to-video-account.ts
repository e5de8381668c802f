/** The account: provider, address, key, and where callbacks arrive. */
import type { NodeAPI } from 'node-red';
import {
	createAccount,
	type AccountCredentials,
	type AccountDef,
	type AccountNode,
} from '../src/account/account';
import { addAdminRoutes } from '../src/account/adminRoutes';

export default function register(RED: NodeAPI): void {
	function Account(this: AccountNode, def: AccountDef): void {
		RED.nodes.createNode(this, def);
		try {
			this.textToVideo = createAccount(RED, this, def);
		} catch (error) {
			this.error((error as Error).message);
		}
	}

	RED.nodes.registerType<AccountNode, AccountDef, object, AccountCredentials>(
		'text-to-video-account',
		Account,
		{
			credentials: {
				apiKey: { type: 'password' },
				webhookSecret: { type: 'password' },
				callbackToken: { type: 'password' },
			},
		},
	);
	addAdminRoutes(RED);
}
