// The lines above the list: jobs, machines, memory, room for videos.

import { $, json } from './api.js';

const gigabytes = (bytes) => `${(bytes / 1024 ** 3).toFixed(1)} GB`;

function machineOf({ engine, host, devices }) {
	const names = devices.map(({ name, memory_bytes: bytes }) => `${name}, ${gigabytes(bytes)}`);
	return `${engine} on ${host}${names.length > 0 ? ` (${names.join('; ')})` : ''}`;
}

export async function showSummary() {
	const status = await json('GET', '/v1/status');
	const { queued = 0, running = 0 } = status.jobs;
	const machines = status.runners.map(machineOf).join(', ');
	$('#summary').textContent =
		`${running} running, ${queued} waiting · ${machines || 'no machine is making videos'}`;
	const { memory, videos: kept } = status;
	$('#memory').textContent =
		`Memory: ${gigabytes(memory.process_bytes)} used here, ${gigabytes(memory.free_bytes)} of ${gigabytes(memory.all_bytes)} free · Videos: ${gigabytes(kept.bytes)} of ${gigabytes(kept.quota_bytes)}`;
}
