import type { N8nServer } from './n8nServer';

export interface TableRow {
	id: number;
	[column: string]: unknown;
}

/** The rows of one of n8n's data tables, in the order in which they were added. */
export async function rowsOf(n8n: N8nServer, tableName: string): Promise<TableRow[]> {
	const { data: tables } = await n8n.rest.call<{
		data: Array<{ id: string; name: string; projectId: string }>;
	}>('GET', '/rest/data-tables-global');
	const table = tables.find(({ name }) => name === tableName);
	if (!table) return [];
	const { data: rows } = await n8n.rest.call<{ data: TableRow[] }>(
		'GET',
		`/rest/projects/${table.projectId}/data-tables/${table.id}/rows?take=250`,
	);
	return rows.sort((one, other) => one.id - other.id);
}
