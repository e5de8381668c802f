/** When a node takes up the jobs of its earlier self, and when it lets go of its own. */
import type { Node, NodeAPI } from 'node-red';
import type { Runner } from './runner';
import { whenStarted } from '../runtime/flowsStarted';

/** Not before all flows run: a job that is done already would be passed on to nodes that do not exist yet. */
export function resumeWhenStarted(RED: NodeAPI, node: Node, runner: Runner): void {
	const stay = whenStarted(RED, () => void runner.resume());
	node.on('close', (removed: boolean, done: () => void) => {
		stay();
		runner.close(removed).then(done, (error: Error) => {
			node.warn(error.message);
			done();
		});
	});
}
