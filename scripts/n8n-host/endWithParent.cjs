'use strict';
// Preloaded (node --require) into the programs that a start script runs: when the script is gone,
// however it ended, the channel to it closes and the program ends too, in its own orderly way.
process.once('disconnect', () => {
	process.kill(process.pid, 'SIGTERM');
});
