export type JsonValue =
	string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** Field values by field name, as a host collected them and `validate` normalised them. */
export type RequestValues = Record<string, JsonValue>;
