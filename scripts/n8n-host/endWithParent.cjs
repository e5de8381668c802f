'use strict';
// Preloaded (node --require) into the programs that a start script runs: when the script is gone,
// however it ended, the channel to it closes and the program ends too, in its own orderly way or,
// where that hangs, by force together with what it started.

const GRACE_MS = 10_000;

process.once('disconnect', () => {
	// Nobody reads what it prints any more; that must not keep it from ending.
	for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
	setTimeout(() => {
		process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL');
	}, GRACE_MS).unref();
	process.kill(process.pid, 'SIGTERM');
});
