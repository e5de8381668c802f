/** Loaded before node-red-dev: answers what it would ask the world. See `nodeRedDev.ts`. */
const Module = require('node:module');
const path = require('node:path');

const answers = JSON.parse(process.env.ANSWERS);
const inTool = Module.createRequire(path.join(process.env.NODE_RED_DEV, 'package.json'));
const semver = inTool('semver');

const library = { modules: answers.modules };
const nodeRed = {
	'dist-tags': { latest: answers.latest, maintenance: answers.maintenance },
	versions: Object.fromEntries(
		Object.entries(answers.enginesNode).map(([version, node]) => [version, { engines: { node } }]),
	),
};

inTool('axios').defaults.adapter = async (config) => {
	const { pathname } = new URL(config.url);
	const data = { '/catalogue.json': library, '/node-red': nodeRed }[pathname];
	if (!data) throw new Error(`Nobody answers ${pathname}`);
	return { data, status: 200, statusText: 'OK', headers: {}, config };
};

const stand = {
	'npm-remote-ls': {
		config() {},
		ls: (name, _range, _flat, done) => done(answers.trees[name]),
	},
	'npm-check': async ({ cwd }) => {
		const { dependencies } = Module.createRequire(path.join(cwd, 'package.json'))('./package.json');
		const packages = Object.entries(dependencies).map(([moduleName, packageJson]) => ({
			...{ moduleName, packageJson, latest: answers.newest[moduleName] },
			easyUpgrade: semver.satisfies(answers.newest[moduleName], packageJson),
		}));
		return { get: () => packages };
	},
};

const load = Module._load;
Module._load = (request, ...rest) => stand[request] ?? load(request, ...rest);
