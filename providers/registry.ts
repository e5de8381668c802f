/** Every provider there is. Adding one is a folder and a line here. */
import type { Provider } from './contract';
import { aimlapiPixverse } from './aimlapi';
import { aimlapiAnyModel } from './aimlapi/anyModel';
import { localGpu } from './localGpu';
import { modelslabV6, modelslabV6Ultra, modelslabV7 } from './modelslab';
import { novita } from './novita';
import { novitaAnyModel } from './novita/anyModel';
import {
	stableDiffusionEnterprise,
	stableDiffusionV4,
	stableDiffusionV5,
} from './stableDiffusionApi';

export const providers: readonly Provider[] = [
	localGpu,
	stableDiffusionV5,
	stableDiffusionV4,
	stableDiffusionEnterprise,
	modelslabV6,
	modelslabV6Ultra,
	modelslabV7,
	novita,
	novitaAnyModel,
	aimlapiPixverse,
	aimlapiAnyModel,
];

export function providerById(id: string): Provider {
	const found = providers.find((provider) => provider.id === id);
	if (!found) {
		const ids = providers.map((provider) => provider.id).join(', ');
		throw new Error(`There is no provider "${id}". The providers are: ${ids}.`);
	}
	return found;
}
