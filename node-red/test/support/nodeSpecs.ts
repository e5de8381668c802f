/** What the nodes promise, on one version of Node-RED. Runs against simulated providers on loopback. */
import { describe } from 'vitest';
import type { Version } from './helper';
import { describeLife } from './lifeSpecs';
import { describeResult } from './resultSpecs';
import { Stage } from './stage';
import { describeSubmitting } from './submitSpecs';
import { describeValues } from './valueSpecs';
import { describeVideo } from './videoSpecs';

export function describeNodes(version: Version): void {
	describe(`the nodes on ${version}`, () => {
		const stage = new Stage(version);
		describeSubmitting(stage);
		describeValues(stage);
		describeVideo(stage);
		describeLife(stage);
		describeResult(stage);
	});
}
