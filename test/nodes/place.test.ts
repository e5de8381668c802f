import { expect, it } from 'vitest';
import { placeOf } from '../../nodes/TextToVideo/submit/place';
import { hookContext } from '../support/hookContext';

it('names the workflow, the execution, the node and the item for who reads the log', () => {
	const context = hookContext({ itemIndex: 1, executionId: '42', workflow: { id: 'x1' } });
	expect(placeOf(context)).toBe('workflow "Shop" x1, execution 42, node "Video", item 2');
	expect(placeOf(hookContext({ workflow: { id: 'x1', name: '' } }))).toBe(
		'workflow x1, execution 7, node "Video", item 1',
	);
});
