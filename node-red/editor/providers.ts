/** The providers that the build writes into the page. */
export const providerOf = (id: unknown): EditorProvider | undefined =>
	textToVideoProviders.find((provider) => provider.id === id);

/** The provider of the account with this node id. */
export function providerOfAccount(accountId: unknown): EditorProvider | undefined {
	return typeof accountId === 'string'
		? providerOf(RED.nodes.node(accountId)?.provider)
		: undefined;
}

/** The fields for a node's rows: those of the model that they name, or of any other model. */
export function fieldsFor(
	provider: EditorProvider,
	rows: Record<string, EditorRow>,
): EditorField[] {
	const { modelField, models = [], modelFields = [], fields } = provider;
	const row = modelField ? rows[modelField] : undefined;
	// Where the model comes with the message, any of its fields may.
	const name = row?.type === 'str' ? String(row.value).trim() : undefined;
	const model = name && models.find(({ names }) => names.includes(name));
	if (!model) return fields;
	const known = fieldsOfModels.get(model);
	if (known) return known;
	const own = model.fields.flatMap((place) => modelFields[place] ?? []);
	fieldsOfModels.set(model, own);
	return own;
}

/** The same array for the same model, so that a form can tell whether it is drawn already. */
const fieldsOfModels = new WeakMap<object, EditorField[]>();

/** What all nodes of the account may spend on one day, as it stands in its dialog. */
export const dailyLimitOf = (accountId: unknown): unknown =>
	typeof accountId === 'string' ? RED.nodes.node(accountId)?.dailyLimit : undefined;
