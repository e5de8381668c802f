/** When a node takes up the jobs of its earlier self, and when it lets go of its own. */
import type { Node, NodeAPI } from 'node-red';
import type { Runner } from './runner';

/** Not before all flows run: a job that is done already would be passed on to nodes that do not exist yet. */
export function resumeWhenStarted(RED: NodeAPI, node: Node, runner: Runner): void {
	const resume = () => void runner.resume();
	RED.events.once('flows:started', resume);
	node.on('close', (removed: boolean, done: () => void) => {
		RED.events.removeListener('flows:started', resume);
		runner.close(removed).then(done, (error: Error) => {
			node.warn(error.message);
			done();
		});
	});
}
