/** Every provider there is. Adding one is a folder and a line here. */
import type { Provider } from './contract';
import { localGpu } from './localGpu';
import { novita } from './novita';

export const providers: readonly Provider[] = [localGpu, novita];

export function providerById(id: string): Provider {
	const found = providers.find((provider) => provider.id === id);
	if (!found) {
		const ids = providers.map((provider) => provider.id).join(', ');
		throw new Error(`There is no provider "${id}". The providers are: ${ids}.`);
	}
	return found;
}
