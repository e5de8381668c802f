/** What a person does in a node's panel of n8n's editor, and what they see there. */
import type { Locator, Page } from 'playwright-core';
import type { JsonValue, Provider } from '../../providers/contract';
import { fieldsOf, isMainField, type Field } from '../../providers/schema/fields';
import { until } from '../../scripts/n8n-host/rest';

/** A model that usually takes minutes is first asked about after more than one. */
const RUN_LIMIT_MS = 180_000;
const ACT_LIMIT_MS = 15_000;
/** So often in a row a choice must be seen: n8n empties it a moment after. */
const CALM_LOOKS = 6;

export class EditorPanel {
	constructor(private readonly page: Page) {}

	/** Looks for a node in the node panel (opened before) and puts it on the canvas. */
	async addNode(search: string, name: string): Promise<void> {
		await this.page.getByTestId('node-creator-search-bar').fill(search);
		await this.page
			.getByTestId('node-creator-item-name')
			.filter({ hasText: new RegExp(`^\\s*${name}\\s*$`) })
			.first()
			.click();
	}

	/** A new workflow of a manual trigger and one of our nodes, whose panel is open. */
	async startWith(name: string): Promise<void> {
		const { origin } = new URL(this.page.url());
		await this.page.goto(`${origin}/workflow/new`, { waitUntil: 'domcontentloaded' });
		await this.page.getByTestId('canvas-add-button').click();
		await this.addNode('manual', 'Manual Trigger');
		await this.page.getByTestId('canvas-node').first().waitFor();
		await this.page.getByTestId('node-creator-plus-button').click();
		await this.addNode('text to video', name);
		await this.page.getByRole('button', { name: 'Add to workflow' }).click();
		await this.parameter('provider').waitFor();
	}

	parameter(name: string): Locator {
		return this.page.getByTestId(`parameter-input-${name}`).first();
	}

	/** Chooses an option of a drop-down by its title. */
	async choose(parameter: string, title: string): Promise<void> {
		await this.parameter(parameter).locator('input').click();
		await this.page
			.getByTestId('parameter-input-item')
			.filter({ has: this.page.getByText(title, { exact: true }) })
			.click();
	}

	async type(parameter: string, text: string): Promise<void> {
		await this.parameter(parameter).locator('input, textarea').first().fill(text);
	}

	/** What a drop-down or a text field shows. */
	async shown(parameter: string): Promise<string> {
		return await this.parameter(parameter).locator('input, textarea').first().inputValue();
	}

	/** The words above the credential, one for each slot. */
	async credentialLabels(): Promise<string[]> {
		const slots = await this.page.getByTestId('credentials-label').allInnerTexts();
		return slots.map((slot) => slot.split('\n')[0] ?? '');
	}

	/** Opens the dialog that makes a credential for the slot. */
	async newCredential(): Promise<void> {
		const empty = this.page.getByTestId('node-credentials-empty-state');
		const select = this.page.getByTestId('node-credentials-select');
		await empty.or(select).first().waitFor();
		if (await empty.isVisible()) await empty.click();
		else {
			await select.click();
			await this.page.getByTestId('node-credentials-select-item-new').click();
		}
		await this.page.getByTestId('credential-edit-dialog').waitFor();
	}

	/** Takes the account that was made for an earlier provider, where n8n does not do so by itself. */
	async takeCredential(name: string): Promise<void> {
		const select = this.page.getByTestId('node-credentials-select');
		const item = this.page
			.locator('[data-test-id^=node-credentials-select-item]:visible')
			.filter({ hasText: name });
		const isTaken = async () => (await select.locator('input').inputValue()) === name;
		await select.waitFor();
		// n8n may fill the slot in the very moment of the click, which closes the list again.
		await until(ACT_LIMIT_MS, `the account ${name} to be taken`, async () => {
			if (await isTaken()) return true;
			if (!(await item.isVisible())) await select.click();
			if (await item.isVisible()) await item.click();
			return (await isTaken()) ? true : undefined;
		});
	}

	async saveCredential(): Promise<void> {
		await this.page.getByTestId('credential-save-button').click();
	}

	/** n8n closes the dialog by itself once the account has answered. */
	async credentialTaken(): Promise<void> {
		await this.page.getByTestId('credential-edit-dialog').waitFor({ state: 'detached' });
	}

	/** Fills every main field that has nothing in it yet. */
	async fillMainFields(provider: Provider, values: Record<string, JsonValue>): Promise<void> {
		for (const field of fieldsOf(provider.request).filter(isMainField))
			await this.fillField(field, values[field.name]);
	}

	private async fillField(field: Field, value: JsonValue | undefined): Promise<void> {
		if (field.items) {
			const [first] = value as Array<Record<string, JsonValue>>;
			for (const inner of field.items) await this.fillField(inner, first?.[inner.name]);
		} else if (field.search) {
			await this.chooseFirst(field.name, String(value));
		} else if (field.type === 'text' && !(await this.shown(field.name)))
			await this.type(field.name, String(value));
	}

	/**
	 * Chooses the first entry of a list; one that is typed in gets the text. n8n empties such a field some time after
	 * another account was taken, so it is looked at until the choice stays.
	 */
	private async chooseFirst(parameter: string, text: string): Promise<void> {
		const field = this.parameter(parameter);
		const input = field
			.getByTestId('rlc-input')
			.locator('input')
			.or(field.getByTestId('rlc-input'))
			.last();
		if ((await input.getAttribute('readonly')) === null) return await input.fill(text);
		let looks = 0;
		await until(RUN_LIMIT_MS, `an entry of ${parameter} to stay chosen`, async () => {
			const chosen = (await input.inputValue()) !== '';
			if (chosen && ++looks === CALM_LOOKS) return true;
			if (!chosen) {
				looks = 0;
				await this.takeFirst(input);
			}
			return undefined;
		});
	}

	private async takeFirst(list: Locator): Promise<void> {
		await list.click();
		await this.page.getByTestId('rlc-item').first().click();
	}

	/** Presses "Execute step" and waits until there is a file in the output. @throws what n8n says when it does not start */
	async executeForFile(): Promise<void> {
		await this.page.getByTestId('node-execute-button').click();
		const file = this.page.getByTestId('output-panel').getByTestId('radio-button-binary');
		const refusal = this.page
			.getByRole('alert')
			.filter({ hasText: 'Workflow execution cannot start' });
		await file.or(refusal).first().waitFor({ timeout: RUN_LIMIT_MS });
		if (await refusal.isVisible()) throw new Error(await refusal.innerText());
		await file.click();
	}

	/** Presses "View" beside the file and gives what the player in the output panel says. */
	async playVideo(): Promise<{ width: number; height: number; playedSeconds: number }> {
		await this.page.getByTestId('ndv-view-binary-data').click();
		const video = this.page.locator('video');
		return await video.evaluate(async (player: HTMLVideoElement) => {
			player.muted = true;
			await player.play();
			await new Promise((resolve) => player.addEventListener('ended', resolve, { once: true }));
			return {
				width: player.videoWidth,
				height: player.videoHeight,
				playedSeconds: player.currentTime,
			};
		});
	}
}
